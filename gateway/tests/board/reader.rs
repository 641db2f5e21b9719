//! A badge reader at the page, in a real browser: it types wherever the focus is, and what it types counts in
//! one field alone.

use std::time::Duration;

use rules::Sign;
use serde_json::Value;

use crate::page::{Chromedriver, LIVE, NO_DIALOG, PATIENCE, Page};
use crate::sheet::{frame, potassium};
use crate::ward::{BADGE, Running};

const FOCUSED: &str = "document.activeElement.name";

const SAID: &str = r#"document.querySelector("dialog .said").textContent"#;

/// What the Enter key types, and F2.
const ENTER: char = '\u{e007}';
const F2: char = '\u{e032}';

/// True where a text field of the dialog is empty and has the focus.
fn is_asked_for(name: &str) -> String {
    format!(r#"{FOCUSED} === "{name}" && document.activeElement.value === """#)
}

/// A badge's Enter sends; where a value must be read back the dialog then asks for it, and a second reading
/// is none.
#[tokio::test]
async fn a_badge_at_the_reader_answers_without_a_name() {
    let Some(driver) = Chromedriver::start() else { return };
    let ward = Running::start(8);
    ward.tell(vec![potassium("07", 1, 68)]).await;
    let page = Page::open(&driver, &ward).await;
    page.click(".alarms li button.act").await;
    page.until(&is_asked_for("proof"), PATIENCE).await;
    page.type_into("dialog input[name=read_back]", "6.8").await;
    page.type_into("dialog input[name=proof]", &format!("04A2:19F3-nobody{ENTER}")).await;
    page.until(&format!(r#"{SAID}.startsWith("NOT ACKNOWLEDGED: this badge")"#), PATIENCE).await;
    page.until(&is_asked_for("proof"), PATIENCE).await;
    page.type_into("dialog input[name=read_back]", "").await;
    page.note_what_is_sent().await;
    page.type_into("dialog input[name=proof]", &format!("{BADGE}{ENTER}")).await;
    page.until(&is_asked_for("read_back"), PATIENCE).await;
    page.until(&format!(r#"{SAID} === "badge read: now the rest""#), PATIENCE).await;
    page.type_into("dialog input[name=read_back]", &format!("{BADGE}{ENTER}")).await;
    page.until(&is_asked_for("read_back"), PATIENCE).await;
    assert_eq!(page.ask("return sent.length").await, 0, "a badge in another field goes nowhere");
    page.type_into("dialog input[name=read_back]", &format!("6.8{ENTER}")).await;
    page.until(NO_DIALOG, PATIENCE).await;
    page.until(r#"document.querySelector('.alarms li').innerText.includes("✓ asha")"#, PATIENCE).await;
    page.until(r#"localStorage.getItem("names") === null"#, PATIENCE).await;
    page.close().await;
}

#[tokio::test]
async fn a_badge_held_up_to_no_dialog_opens_none_and_sends_nothing() {
    let Some(driver) = Chromedriver::start() else { return };
    let ward = Running::start(8);
    ward.tell(vec![potassium("07", 1, 68)]).await;
    let page = Page::open(&driver, &ward).await;
    page.until(r#"document.querySelector(".alarms button.act")"#, PATIENCE).await;
    page.note_what_is_sent().await;
    page.type_at_the_page(&format!("{BADGE}{ENTER}")).await;
    assert_eq!(page.ask(&format!("return {NO_DIALOG} && sent.length === 0")).await, true);
    page.type_at_the_page(&F2.to_string()).await;
    page.until(r#"document.querySelector("dialog h2")?.textContent === "Acknowledge""#, PATIENCE).await;
    page.close().await;
}

/// What is refused for another reason than the badge stands selected, so that the next reading replaces it.
#[tokio::test]
async fn the_next_reading_takes_the_place_of_the_last() {
    let Some(driver) = Chromedriver::start() else { return };
    let ward = Running::start(8);
    ward.tell(vec![potassium("07", 1, 68)]).await;
    let page = Page::open(&driver, &ward).await;
    page.click(".alarms li button.act").await;
    page.type_into("dialog input[name=read_back]", "8.6").await;
    page.type_into("dialog input[name=proof]", &format!("{BADGE}{ENTER}")).await;
    page.until(&format!(r#"{SAID}.startsWith("NOT ACKNOWLEDGED: what was read back")"#), PATIENCE).await;
    let marked = "String(document.activeElement.selectionEnd - document.activeElement.selectionStart)";
    page.until(&format!(r#"{FOCUSED} === "proof" && {marked} === "{}""#, BADGE.len()), PATIENCE).await;
    page.type_into("dialog input[name=read_back]", &format!("8.7{ENTER}")).await;
    page.until(&format!(r#"{SAID}.startsWith("NOT ACKNOWLEDGED") && {FOCUSED} === "read_back""#), PATIENCE)
        .await;
    page.close().await;
}

/// An answer that comes when its dialog is gone leaves the next one alone.
#[tokio::test]
async fn a_late_answer_closes_no_other_dialog() {
    let Some(driver) = Chromedriver::start() else { return };
    let ward = Running::start(8);
    ward.tell(vec![frame("05", 1, &[(Sign::HeartRate, 0), (Sign::PulseRatePleth, 0)])]).await;
    let page = Page::open(&driver, &ward).await;
    page.until(LIVE, PATIENCE).await;
    page.ask(
        "const asks = fetch; \
         window.fetch = async (...asked) => { \
             const said = await asks(...asked); \
             await new Promise((go) => { window.letGo = go; }); \
             return said; \
         };",
    )
    .await;
    page.click(".alarms li button.act").await;
    page.sign().await;
    page.until("window.letGo", PATIENCE).await;
    page.press("Cancel").await;
    page.until(NO_DIALOG, PATIENCE).await;
    page.press("Sign in").await;
    page.until(&is_asked_for("proof"), PATIENCE).await;
    page.ask("window.letGo()").await;
    page.until(r#"localStorage.getItem("names") === '["asha"]'"#, PATIENCE).await;
    let heading = page.ask(r#"return document.querySelector("dialog h2").textContent"#).await;
    assert_eq!(heading, "Sign in on this screen");
    page.close().await;
}

/// Where the badge no longer holds at the second call, whoever listened says once more who they are.
#[tokio::test]
async fn whoever_heard_the_sound_proves_it_again_where_they_must() {
    let Some(driver) = Chromedriver::start() else { return };
    let ward = Running::start(2);
    let page = Page::open(&driver, &ward).await;
    page.client.goto(&ward.url("/?station=desk")).await.unwrap();
    let tested = || ward.gateway.tested.lock().unwrap().clone();
    page.press("Test the sound").await;
    page.sign().await;
    page.until(&format!(r#"{SAID} === "Did you hear it?""#), PATIENCE).await;
    page.until(r#"document.activeElement.id === "asked""#, PATIENCE).await;
    page.ask(r#"document.querySelector("dialog input[name=proof]").value = "0000""#).await;
    page.press("Yes").await;
    page.until(&format!(r#"{SAID}.startsWith("NOT TESTED")"#), PATIENCE).await;
    page.until(&is_asked_for("proof"), PATIENCE).await;
    let answers = r#"return [...document.querySelectorAll("dialog [name=heard]")].map((one) => one.value)"#;
    assert_eq!(page.ask(answers).await, Value::from(vec!["true"]), "Enter says what was said before");
    page.type_into("dialog input[name=proof]", &format!("{BADGE}{ENTER}")).await;
    page.until(NO_DIALOG, PATIENCE).await;
    assert_eq!(tested(), ["station begun by asha", "station heard true by asha"]);
    page.close().await;
}

/// Nobody else answers with what the one before them proved.
#[tokio::test]
async fn the_question_whether_it_was_heard_goes_by_itself() {
    let Some(driver) = Chromedriver::start() else { return };
    let ward = Running::start(2);
    let page = Page::open(&driver, &ward).await;
    page.client.goto(&ward.url("/?station=desk")).await.unwrap();
    page.until(LIVE, PATIENCE).await;
    // A minute passes in a second.
    page.ask("const waits = setTimeout; window.setTimeout = (then, ms) => waits(then, ms / 60);").await;
    page.press("Test the sound").await;
    page.sign().await;
    page.until(&format!(r#"{SAID} === "Did you hear it?""#), PATIENCE).await;
    page.until(NO_DIALOG, Duration::from_secs(5)).await;
    assert_eq!(ward.gateway.tested.lock().unwrap().clone(), ["station begun by asha"]);
    page.close().await;
}
