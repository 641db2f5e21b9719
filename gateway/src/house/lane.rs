//! A lane: a listener in a thread of its own, which waits for the network and does its listener's work.
//!
//! Between the threads of the common runtime work changes hands: whom the network wakes wakes another to wait
//! there in its place. Where each sender waits for its answer nothing is won by that, and it takes as long as
//! the message itself (decision 0012). Nothing here knows what is spoken on a lane.

use std::thread;

use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

/// Serves `listener` in a thread called `name` until `serve` ends, or until nobody waits for that any more.
///
/// # Errors
/// Why there is no such thread, or that it fell over.
pub(super) async fn serve<F>(
    name: &'static str,
    listener: TcpListener,
    serve: impl FnOnce(TcpListener) -> F + Send + 'static,
) -> Result<(), String>
where
    F: Future<Output = ()> + 'static,
{
    // A listener belongs to the runtime that waits for it.
    let listener = listener.into_std().map_err(|fault| fault.to_string())?;
    let (tell, ended) = oneshot::channel();
    let left = CancellationToken::new();
    let _leaving = left.clone().drop_guard();
    let lane = move || {
        let served = Builder::new_current_thread().enable_all().build().and_then(|runtime| {
            runtime.block_on(async {
                let serving = serve(TcpListener::from_std(listener)?);
                left.run_until_cancelled(serving).await;
                Ok(())
            })
        });
        let _ = tell.send(served);
    };
    thread::Builder::new().name(name.to_owned()).spawn(lane).map_err(|fault| fault.to_string())?;
    match ended.await {
        Ok(served) => served.map_err(|fault| fault.to_string()),
        Err(_) => Err("its thread panicked; the log above says where".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use tokio::net::TcpStream;

    use super::*;

    async fn listener() -> TcpListener {
        TcpListener::bind("127.0.0.1:0").await.unwrap()
    }

    #[tokio::test]
    async fn a_listener_is_served_on_a_thread_of_that_name_until_its_end() {
        let listener = listener().await;
        let address = listener.local_addr().unwrap();
        let (tell, name) = oneshot::channel();
        let served = serve("lane", listener, |listener| async move {
            let accepted = listener.accept().await;
            let _ = tell.send(accepted.is_ok().then(|| thread::current().name().map(str::to_owned)));
        });
        let (served, called) = tokio::join!(served, TcpStream::connect(address));
        assert!(served.is_ok() && called.is_ok());
        assert_eq!(name.await.unwrap(), Some(Some("lane".to_owned())));
    }

    #[tokio::test]
    async fn a_lane_ends_with_whoever_waits_for_it() {
        let listener = listener().await;
        let (tell, dropped) = oneshot::channel::<()>();
        let lane = serve("lane", listener, |listener| async move {
            let _kept = (tell, listener);
            std::future::pending::<()>().await;
        });
        assert!(lane.now_or_never().is_none());
        assert!(dropped.await.is_err(), "what it held is let go");
    }

    #[tokio::test]
    async fn one_that_falls_over_says_so() {
        let fault = serve("lane", listener().await, |_| async { panic!("on purpose") }).await;
        assert!(fault.unwrap_err().contains("panicked"));
    }
}
