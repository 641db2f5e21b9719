//! The parent against children that misbehave: shell scripts that a test writes.

use super::*;

/// What a well-behaved child prints, as shell functions. `$1` of `play` is the number of tenths of a second.
const GOOD: &str = r#"
open() { echo '{"opened":{"device":"fake"}}'; }
pulled() { echo "{\"pulled\":{\"samples\":$1,\"errors\":{}}}"; }
play() { n=0; while [ $n -lt "$1" ]; do n=$((n+1)); pulled $((n*4800)); sleep 0.1; done; }
"#;

struct Scene {
    tests: TestDesk,
    desired: watch::Sender<Desired>,
    status: watch::Receiver<Status>,
    stop: CancellationToken,
    run: tokio::task::JoinHandle<Result<(), AnnunciatorError>>,
}

fn loudness() -> watch::Receiver<Loudness> {
    watch::channel(Loudness::always(60)).1
}

impl Scene {
    /// Runs an annunciator whose child is a shell script.
    fn with(script: &str) -> Self {
        let command = ["/bin/sh", "-c", &format!("{GOOD}\n{script}")].map(OsString::from).to_vec();
        let device = Device::Named("pulse:fake".to_owned());
        let clock = Clock::starting_after(Moment(0));
        let tests = TestDesk::new(None, clock.clone());
        Self::of(Annunciator { command, device, clock, loudness: loudness(), tests })
    }

    #[expect(clippy::disallowed_methods, reason = "a test needs no supervised task")]
    fn of(annunciator: Annunciator) -> Self {
        let (desired, asked) = watch::channel(Desired::default());
        let (told, status) = watch::channel(Status::unknown(&annunciator.device));
        let stop = CancellationToken::new();
        let tests = annunciator.tests.clone();
        let run = tokio::spawn(annunciator.run(asked, told, stop.clone()));
        Self { tests, desired, status, stop, run }
    }

    async fn until(&mut self, wanted: impl FnMut(&Status) -> bool) -> Status {
        let found = self.status.wait_for(wanted);
        tokio::time::timeout(Duration::from_mins(1), found).await.unwrap().unwrap().clone()
    }

    async fn failed(&mut self) -> Status {
        self.until(|status| status.last_change.is_some() && status.state == State::Failed).await
    }

    async fn end(self) {
        self.stop.cancel();
        tokio::time::timeout(Duration::from_mins(1), self.run).await.unwrap().unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_child_that_plays_is_believed_and_its_bursts_are_told() {
    // It answers the first line that names an alert.
    let script = r#"open; play 1000 &
        while read -r line; do
            case "$line" in *00ff*60*) echo '{"begun":{"alert":"00ff","priority":"High","at":9}}';; esac
        done; kill %1 2>/dev/null; kill $!"#;
    let mut scene = Scene::with(script);
    scene.until(|status| status.state == State::Ok).await;
    let signal = Signal { alert: "00ff".to_owned(), priority: Priority::High };
    scene.desired.send_replace(Desired::signal(Some(signal.clone())));
    let status = scene.until(|status| status.bursts > 0).await;
    assert_eq!(status.playing, Some(signal));
    assert_eq!(status.sounded.map(|sounded| sounded.alert).as_deref(), Some("00ff"));
    scene.desired.send_replace(Desired::default());
    scene.until(|status| status.playing.is_none()).await;
    scene.end().await;
}

/// A child that plays, and begins a burst for whatever it is asked to sound first.
const ANSWERS: &str = r#"open; play 1000 &
    while read -r line; do
        case "$line" in
            null) said=;;
            *self-test*) [ "$said" = test ] || echo '{"begun":{"alert":"self-test","priority":"High","at":9}}'
                said=test;;
            *00ff*60*) [ "$said" = alert ] || echo '{"begun":{"alert":"00ff","priority":"High","at":9}}'
                said=alert;;
        esac
    done; kill $!"#;

#[tokio::test]
async fn a_self_test_sounds_is_answered_and_what_nobody_heard_is_no_sound() {
    let mut scene = Scene::with(ANSWERS);
    let early = scene.tests.begin(&Status::unknown(&Device::Named("pulse:fake".to_owned()))).await;
    assert!(matches!(early, Err(TestRefused::Failed(_))), "{early:?}");
    for heard in [false, true] {
        let status = scene.until(|status| status.plays).await;
        scene.tests.begin(&status).await.unwrap();
        let status = scene.until(|status| status.playing.is_some()).await;
        assert_eq!(status.playing.map(|signal| signal.alert).as_deref(), Some(SELF_TEST));
        assert_eq!(status.sounded, None, "a test is no alert's receipt");
        assert_eq!(scene.tests.answer(heard, "asha"), Err(TestRefused::UnderWay));
        scene.until(|status| status.playing.is_none()).await;
        scene.tests.answer(heard, "asha").unwrap();
        let state = if heard { State::Ok } else { State::Failed };
        let status = scene.until(|status| status.state == state && status.tested.is_some()).await;
        assert_eq!(status.tested.as_ref().map(|tested| tested.heard), Some(heard));
        assert_eq!(status.why.contains("nobody heard"), !heard, "{}", status.why);
    }
    scene.end().await;
}

#[tokio::test]
async fn a_mark_of_the_canary_is_asked_for_until_the_device_has_pulled_it() {
    // A child that does not answer the first time.
    let script = r#"open; play 1000 &
        while read -r line; do
            case "$line" in
                *canary*7*) [ "$asked" = 2 ] && echo '{"canary":{"round":7,"at":9}}'; asked=$((asked+1));;
            esac
        done; kill $!"#;
    let mut scene = Scene::with(script);
    scene.until(|status| status.state == State::Ok).await;
    scene.desired.send_replace(Desired { signal: None, canary: Some(Round(7)) });
    let status = scene.until(|status| status.canary.is_some()).await;
    assert_eq!((status.canary, status.bursts, status.playing), (Some(Round(7)), 0, None));
    scene.end().await;
}

#[tokio::test]
async fn an_alert_cuts_a_self_test_short_and_holds_up_the_next() {
    let mut scene = Scene::with(ANSWERS);
    let status = scene.until(|status| status.plays).await;
    scene.tests.begin(&status).await.unwrap();
    let signal = Signal { alert: "00ff".to_owned(), priority: Priority::Low };
    scene.desired.send_replace(Desired::signal(Some(signal)));
    let status = scene.until(|status| status.sounded.is_some()).await;
    assert_eq!(scene.tests.answer(true, "asha"), Err(TestRefused::CutShort));
    assert_eq!(scene.tests.begin(&status).await, Err(TestRefused::AlertSounds));
    scene.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_child_that_hangs_while_it_opens_is_killed() {
    let mut scene = Scene::with("exec sleep 1000");
    assert!(scene.failed().await.why.contains("did not open"));
    scene.end().await;
}

#[tokio::test]
async fn a_child_whose_samples_stand_still_is_killed() {
    let mut scene = Scene::with("open; play 8; while true; do pulled 38400; sleep 0.1; done");
    scene.until(|status| status.state == State::Ok).await;
    assert!(scene.failed().await.why.contains("taken no samples"));
    scene.end().await;
}

#[tokio::test]
async fn a_child_that_ends_is_started_again_and_believed_after_it_has_proved_itself() {
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().join("once").display().to_string();
    let script = format!("open; [ -e '{mark}' ] && exec 0</dev/null && play 1000; : > '{mark}'; exit 3");
    let mut scene = Scene::with(&script);
    assert!(scene.failed().await.why.contains("ended by itself"));
    let status = scene.until(|status| status.state == State::Ok).await;
    assert_eq!(status.why, "");
    scene.end().await;
}

#[tokio::test]
async fn a_child_says_why_it_cannot_sound() {
    let mut scene = Scene::with(r#"echo '{"failed":{"why":"there is no sound device"}}'; exit 1"#);
    assert_eq!(scene.failed().await.why, "there is no sound device");
    scene.end().await;
}

#[tokio::test]
async fn garbage_is_no_proof() {
    for garbage in ["echo nonsense", "head -c 100000 /dev/zero", "printf '\\377\\376\\n'"] {
        let mut scene = Scene::with(&format!("open; {garbage}; exec sleep 1000"));
        assert!(scene.failed().await.why.contains("nobody understands"), "{garbage}");
        scene.end().await;
    }
}

#[tokio::test]
async fn a_program_that_is_not_there_is_told_and_no_crash() {
    let device = Device::Named("default".to_owned());
    let clock = Clock::starting_after(Moment(0));
    let tests = TestDesk::new(None, clock.clone());
    let mut scene =
        Scene::of(Annunciator::new("/nowhere/wardlight".into(), device, clock, loudness(), tests));
    assert!(scene.failed().await.why.contains("cannot be started"));
    scene.end().await;
}

#[tokio::test(start_paused = true)]
async fn none_is_off_and_starts_nothing() {
    let clock = Clock::starting_after(Moment(0));
    let tests = TestDesk::new(None, clock.clone());
    let none = Annunciator::new("/nowhere/wardlight".into(), Device::parse("none"), clock, loudness(), tests);
    let mut scene = Scene::of(none);
    let status = scene.until(|status| status.state == State::Off).await;
    assert_eq!((status.device.as_str(), status.why.as_str()), ("none", ""));
    scene.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_ward_that_is_gone_ends_the_task_with_its_reason() {
    let Scene { desired, status, run, stop, .. } = Scene::with("exec sleep 1000");
    drop(desired);
    let ended = tokio::time::timeout(Duration::from_mins(1), run).await.unwrap().unwrap();
    assert!(matches!(ended, Err(AnnunciatorError::WardGone)));
    drop((status, stop));
}
