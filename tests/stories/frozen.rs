//! A gateway that stands still sends no beat, so that whoever watches the beat knows within three seconds;
//! when it goes on, so does the beat.

use std::time::Duration;

use harness::{Events, Plan};
use tokio::time::timeout;

/// After this long without a beat the board says that the link is lost.
const LOST_AFTER: Duration = Duration::from_secs(3);

/// What was on the wire when the gateway froze is read within this time.
const ON_THE_WIRE: Duration = Duration::from_millis(200);

#[tokio::test]
async fn a_frozen_gateway_sends_no_beat_until_it_goes_on() -> anyhow::Result<()> {
    let ward = Plan::default().run().await?;
    let mut events = Events::open(&ward.api()?).await?;
    timeout(LOST_AFTER, events.next_named("beat")).await??;

    ward.signal("STOP").await?;
    while let Ok(told) = timeout(ON_THE_WIRE, events.next()).await {
        told?;
    }
    assert!(timeout(LOST_AFTER, events.next()).await.is_err(), "a frozen gateway told something");

    ward.signal("CONT").await?;
    timeout(LOST_AFTER, events.next_named("beat")).await??;
    Ok(())
}
