//! A real browser that shows the board, and what a person does with it. It judges nothing of what is shown.
//!
//! Without Chromium and chromedriver these tests say SKIPPED, unless `CI` is set: there they must be.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::{Client, ClientBuilder, Locator};
use gateway::clock::Clock;
use hyper_util::client::legacy::connect::HttpConnector;
use rules::Moment;
use serde_json::{Value, json};

use crate::ward::Running;

/// How long the page may take for anything but the link, which has bounds of its own.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// How often a chromedriver is begun until it has a port.
const BEGINNINGS_MOST: usize = 5;

/// A browser that asks nobody outside this machine for anything.
const FLAGS: [&str; 13] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--mute-audio",
    "--window-size=1920,1080",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
];

/// A chromedriver that dies with its test.
pub(crate) struct Chromedriver {
    child: Child,
    port: u16,
}

impl Chromedriver {
    /// Starts one on a free port; `None` where there is none.
    pub(crate) fn start() -> Option<Self> {
        let there = ["chromedriver", "chromium"].iter().all(|name| {
            Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
        });
        if !there {
            assert!(std::env::var_os("CI").is_none(), "chromium and chromedriver are needed where CI is set");
            eprintln!("SKIPPED: no chromium or no chromedriver here (apt install chromium-driver)");
            return None;
        }
        // Between choosing a port and binding it another's may take it: then it ends and is begun again.
        Some(std::iter::repeat_with(Self::begin).take(BEGINNINGS_MOST).flatten().next().unwrap())
    }

    fn begin() -> Option<Self> {
        let mut child = Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut begun = Self { child, port: 0 };
        begun.port = lines.map_while(Result::ok).find_map(|line| {
            let port = line.split("started successfully on port ").nth(1)?;
            port.trim_end_matches('.').parse().ok()
        })?;
        Some(begun)
    }
}

impl Drop for Chromedriver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The board in a browser.
pub(crate) struct Page {
    pub(crate) client: Client,
    _profile: tempfile::TempDir,
}

impl Page {
    pub(crate) async fn open(driver: &Chromedriver, ward: &Running) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut flags: Vec<String> = FLAGS.map(str::to_owned).to_vec();
        flags.push(format!("--user-data-dir={}", profile.path().display()));
        let wanted = serde_json::from_value(json!({ "goog:chromeOptions": { "args": flags } })).unwrap();
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(wanted)
            .connect(&format!("http://127.0.0.1:{}", driver.port))
            .await
            .unwrap();
        client.goto(&ward.url("/")).await.unwrap();
        Self { client, _profile: profile }
    }

    /// What a script of the page returns.
    pub(crate) async fn ask(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// Waits until a script of the page returns true, and says how long that took.
    pub(crate) async fn until(&self, script: &str, patience: Duration) -> Duration {
        let clock = Clock::starting_after(Moment(0));
        let began = clock.now();
        let elapsed = || Duration::from_millis(clock.now().since(began).0.into());
        while self.ask(&format!("return Boolean({script})")).await != true {
            assert!(
                elapsed() < patience,
                "not within {patience:?}: {script}; the page says: {}",
                self.text().await
            );
        }
        elapsed()
    }

    pub(crate) async fn text(&self) -> Value {
        self.ask("return document.body.innerText").await
    }

    pub(crate) async fn click(&self, css: &str) {
        self.client.wait().for_element(Locator::Css(css)).await.unwrap().click().await.unwrap();
    }

    pub(crate) async fn type_into(&self, css: &str, text: &str) {
        let field = self.client.find(Locator::Css(css)).await.unwrap();
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// What is typed with no dialog open.
    pub(crate) async fn type_at_the_page(&self, text: &str) {
        self.client.find(Locator::Css("body")).await.unwrap().send_keys(text).await.unwrap();
    }

    /// From now on `sent` has the body of each call of the page that has one.
    pub(crate) async fn note_what_is_sent(&self) {
        self.ask(
            "window.sent = []; \
             const asks = fetch; \
             window.fetch = (to, how) => { if (how?.body) sent.push(how.body); return asks(to, how); };",
        )
        .await;
    }

    /// What stands at a link, as this browser is shown it.
    pub(crate) async fn follow(&self, link: &Value) -> String {
        let shown = self.ask(&format!("return fetch({link}).then((answer) => answer.text())")).await;
        shown.as_str().unwrap().to_owned()
    }

    /// Presses the button that says so, once it can be pressed.
    pub(crate) async fn press(&self, says: &str) {
        let button = format!("//button[not(@disabled)][contains(normalize-space(.), '{says}')]");
        let there = self.client.wait().for_element(Locator::XPath(&button)).await.unwrap();
        there.click().await.unwrap();
    }

    /// Asha says by her PIN that it is she, and sends what was asked.
    pub(crate) async fn sign(&self) {
        self.type_into("dialog input[name=by]", "asha").await;
        self.type_into("dialog input[name=proof]", "2468\u{e007}").await;
    }

    pub(crate) async fn close(self) {
        self.client.close().await.unwrap();
    }
}

/// True where no dialog is open.
pub(crate) const NO_DIALOG: &str = r#"!document.querySelector("dialog")"#;

/// True while the link lives.
pub(crate) const LIVE: &str = r#"document.body.dataset.link === "live""#;
