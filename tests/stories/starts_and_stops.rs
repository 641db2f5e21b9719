//! The shipped sample starts as it stands, says where it listens, and stops when it is asked to.

use std::time::Duration;

use harness::{Plan, until};
use tokio::net::TcpStream;

#[tokio::test]
async fn the_sample_starts_answers_and_stops() -> anyhow::Result<()> {
    let mut ward = Plan::default().run().await?;
    let api = ward.api()?;
    until("a healthy gateway", Duration::from_secs(10), || async {
        Ok::<_, anyhow::Error>((api.status("/healthz").await? == 200).then_some(()))
    })
    .await?;
    for listener in ["mllp", "mqtt"] {
        TcpStream::connect(ward.address(listener)?).await?;
    }

    let ended = ward.term().await?;
    assert_eq!(ended.code(), Some(0), "{}", ward.log()?);
    Ok(())
}

#[tokio::test]
async fn it_starts_again_after_the_power_was_cut() -> anyhow::Result<()> {
    let mut ward = Plan::default().run().await?;
    let (before, beds) = (ward.address("mllp")?, ward.api()?.get("/api/v1/beds").await?);
    ward.kill9().await?;
    ward.restart().await?;
    assert_eq!(ward.address("mllp")?, before);
    let again = ward.api()?.get("/api/v1/beds").await?;
    assert_eq!(again.as_array().map(Vec::len), beds.as_array().map(Vec::len));
    Ok(())
}

#[tokio::test]
async fn an_unknown_key_is_explained() {
    let told = Plan::default().set("http.lsten=127.0.0.1:0").run().await.unwrap_err();
    let told = format!("{told:#}");
    assert!(told.contains("lsten"), "{told}");
}
