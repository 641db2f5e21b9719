//! The page in a real browser: live values, an acknowledgement by hand, and a link that is lost and found
//! again.

use std::time::Duration;

use gateway::board::plumbing::SoundState;
use gateway::clock::Clock;
use jiff::ToSpan;
use jiff::tz::TimeZone;
use rules::{Moment, Sign};
use serde_json::{Value, json};

use crate::page::{Chromedriver, LIVE, NO_DIALOG, PATIENCE, Page};
use crate::reads::json as read;
use crate::sheet::{CALM, admission, born, culture, frame, potassium};
use crate::ward::{BADGE, Running};

#[tokio::test]
async fn values_are_live_and_out_of_limit_ones_stand_out() {
    let Some(driver) = Chromedriver::start() else { return };
    let ward = Running::start(8);
    let page = Page::open(&driver, &ward).await;
    page.until(LIVE, PATIENCE).await;
    ward.tell(vec![frame("03", 1, &CALM)]).await;
    let spo2 = r#"document.querySelector('[data-bed="03"] [data-code="MDC_PULS_OXIM_SAT_O2"] b')"#;
    page.until(&format!(r#"{spo2}?.textContent === "97""#), PATIENCE).await;
    ward.tell(vec![frame("03", 2, &[(Sign::SpO2, 91)])]).await;
    page.until(&format!(r#"{spo2}.textContent === "91""#), PATIENCE).await;
    ward.tell(vec![frame("05", 3, &[(Sign::HeartRate, 0), (Sign::PulseRatePleth, 0)])]).await;
    let tile = r#"document.querySelector('[data-bed="05"]')"#;
    page.until(&format!(r#"{tile}.dataset.priority === "high" && {tile}.dataset.calls === "yes""#), PATIENCE)
        .await;
    page.until(&format!(r#"{tile}.querySelector('[data-beyond="high"]')"#), PATIENCE).await;
    page.until(r#"document.title.startsWith("*** 05")"#, PATIENCE).await;
    page.close().await;
}

#[tokio::test]
async fn a_critical_value_is_read_back_by_hand() {
    let Some(driver) = Chromedriver::start() else { return };
    let ward = Running::start(8);
    ward.tell(vec![potassium("07", 1, 68)]).await;
    let page = Page::open(&driver, &ward).await;
    page.click(".alarms li button.act").await;
    page.type_into("dialog input[name=by]", "asha").await;
    page.type_into("dialog input[name=proof]", "2468").await;
    page.type_into("dialog input[name=read_back]", "8.6").await;
    page.click("dialog button.act").await;
    page.until(
        r#"document.querySelector("dialog .said").textContent.startsWith("NOT ACKNOWLEDGED")"#,
        PATIENCE,
    )
    .await;
    page.type_into("dialog input[name=read_back]", "6,8").await;
    page.click("dialog button.act").await;
    page.until(NO_DIALOG, PATIENCE).await;
    page.until(r#"document.querySelector('.alarms li').innerText.includes("✓ asha")"#, PATIENCE).await;
    page.until(r#"document.querySelector('[data-bed="07"]').dataset.calls === "no""#, PATIENCE).await;
    page.close().await;
}

/// A nurse has read it back and no doctor has accepted: it goes on calling, and its row says for whom.
#[tokio::test]
async fn a_critical_value_says_whose_part_is_missing_and_keeps_its_button() {
    let Some(driver) = Chromedriver::start() else { return };
    let ward = Running::start(8);
    ward.tell(vec![culture("07", 1, "Escherichia coli")]).await;
    let page = Page::open(&driver, &ward).await;
    page.click(".alarms li button.act").await;
    let offered =
        r#"[...document.querySelectorAll("dialog [name=read_back] option")].map((one) => one.value)"#;
    page.until(&format!(r#"{offered}.length === 4 && {offered}[0] === """#), PATIENCE).await;
    let at = page.ask(&format!(r#"return {offered}.indexOf("Escherichia coli") + 1"#)).await;
    page.click(&format!("dialog [name=read_back] option:nth-of-type({at})")).await;
    page.sign().await;
    page.until(NO_DIALOG, PATIENCE).await;
    let row = "document.querySelector('.alarms li').innerText";
    page.until(&format!(r"/✓ asha; doctor missing, next call in \d/.test({row})"), PATIENCE).await;
    page.press("Accept (doctor)").await;
    page.type_into("dialog input[name=by]", "dr.rao").await;
    page.type_into("dialog input[name=proof]", "8642\u{e007}").await;
    page.until(NO_DIALOG, PATIENCE).await;
    page.until(r#"!document.querySelector(".alarms li")"#, PATIENCE).await;
    page.close().await;
}

#[tokio::test]
async fn what_a_childs_chart_wants_is_entered_by_hand() {
    let Some(driver) = Chromedriver::start() else { return };
    let ward = Running::start(8);
    let today = Clock::starting_after(Moment(0)).wall().timestamp().to_zoned(TimeZone::UTC).date();
    let child = born("02", "MRN7", "Ira Sen", Some((today - 7.years()).into()));
    ward.tell(vec![child, frame("02", 1, &CALM)]).await;
    let page = Page::open(&driver, &ward).await;
    page.until(LIVE, PATIENCE).await;
    let tile = r#"document.querySelector('[data-bed="02"] .score').innerText"#;
    page.until(&format!(r#"{tile}.includes("NPEWS") && {tile}.includes("calls nobody")"#), PATIENCE).await;
    page.click(r#"[data-bed="02"] button.bed"#).await;
    page.click(".detail > .acts button:nth-of-type(2)").await;
    let offered = r#"[...document.querySelectorAll("dialog option")].map((one) => one.textContent)"#;
    page.until(&format!(r#"{offered}.length > 7 && !{offered}.includes("Mind")"#), PATIENCE).await;
    let at = page.ask(&format!(r#"return {offered}.indexOf("Capillary refill") + 1"#)).await;
    page.click(&format!("dialog select option:nth-of-type({at})")).await;
    page.type_into("dialog input[name=value]", "3.0").await;
    page.type_into("dialog input[name=by]", "asha").await;
    page.type_into("dialog input[name=proof]", "2468").await;
    page.click("dialog button.act").await;
    page.until(NO_DIALOG, PATIENCE).await;
    let rows = r#"[...document.querySelectorAll(".detail tr")].map((row) => row.innerText)"#;
    page.until(&format!(r"{rows}.some((row) => /Capillary refill\s+2/.test(row))"), PATIENCE).await;
    page.close().await;
}

#[tokio::test]
async fn a_person_says_who_lies_on_a_bed() {
    let Some(driver) = Chromedriver::start() else { return };
    let ward = Running::start(8);
    ward.tell(vec![admission("07", "MRN1", "Asha Rao"), admission("07", "MRN2", "Ben Das")]).await;
    let page = Page::open(&driver, &ward).await;
    page.click(r#"[data-bed="07"] button.bed"#).await;
    let settle = r#"[...document.querySelectorAll(".detail > .acts button")].at(-1)"#;
    page.until(&format!(r#"{settle}?.textContent.trim() === "Say who lies here""#), PATIENCE).await;
    page.ask(&format!("{settle}.click()")).await;
    page.until(r#"document.querySelector("dialog select[name=uhid]")"#, PATIENCE).await;
    page.click("dialog select[name=uhid] option:nth-of-type(3)").await;
    page.type_into("dialog input[name=by]", "asha").await;
    page.type_into("dialog input[name=proof]", "0000").await;
    page.click("dialog button.act").await;
    let said = r#"document.querySelector("dialog .said").textContent"#;
    page.until(&format!(r#"{said}.startsWith("NOT SETTLED")"#), PATIENCE).await;
    page.type_into("dialog input[name=proof]", "2468").await;
    page.click("dialog button.act").await;
    page.until(NO_DIALOG, PATIENCE).await;
    page.until(r#"document.querySelector(".detail header p").textContent.includes("MRN2 since")"#, PATIENCE)
        .await;
    page.close().await;
}

#[tokio::test]
async fn a_bed_is_kept_quiet_by_hand_and_watched_again() {
    let Some(driver) = Chromedriver::start() else { return };
    let ward = Running::start(8);
    ward.tell(vec![frame("05", 1, &[(Sign::HeartRate, 0), (Sign::PulseRatePleth, 0)])]).await;
    let page = Page::open(&driver, &ward).await;
    page.click(r#"[data-bed="05"] button.bed"#).await;
    let tile = r#"document.querySelector('[data-bed="05"] .kept')"#;
    for (button, key, said, most_s) in
        [("Pause the sound", "audio_pause", "SOUND PAUSED", 120), ("Standby", "standby", "STANDBY", 900)]
    {
        page.press(button).await;
        page.type_into("dialog input[name=reason]", "washing").await;
        page.sign().await;
        page.until(&format!(r#"{tile}?.textContent === "{said}""#), PATIENCE).await;
        page.until(NO_DIALOG, PATIENCE).await;
        let kept = read(&ward, "/api/v1/beds/05").await[key].clone();
        assert_eq!(kept["by"], "asha");
        assert!((1..=most_s).contains(&kept["ends_in_s"].as_u64().unwrap()), "{kept}");
        page.press("by asha. End it").await;
        page.sign().await;
        page.until(&format!("!{tile}"), PATIENCE).await;
        page.until(NO_DIALOG, PATIENCE).await;
        assert_eq!(read(&ward, "/api/v1/beds/05").await[key], Value::Null);
    }
    page.close().await;
}

/// Two minutes at the ward's own screen are nobody's to sign for; longer ones are.
#[tokio::test]
async fn the_sound_of_the_whole_station_is_paused_without_a_pin() {
    let Some(driver) = Chromedriver::start() else { return };
    let ward = Running::start(2);
    ward.tell(vec![frame("01", 1, &[(Sign::HeartRate, 0), (Sign::PulseRatePleth, 0)])]).await;
    let page = Page::open(&driver, &ward).await;
    page.press("Pause all sound 2 min").await;
    page.type_into("dialog input[name=by]", "asha").await;
    page.note_what_is_sent().await;
    page.type_into("dialog input[name=reason]", "resuscitation\u{e007}").await;
    page.until(NO_DIALOG, PATIENCE).await;
    let named = "sent.some((body) => /\"(by|pin|badge)\"/.test(body))";
    assert_eq!(page.ask(&format!("return {named}")).await, false, "a name without a PIN says nothing");
    for bed in ["01", "02"] {
        let bed = read(&ward, &format!("/api/v1/beds/{bed}")).await;
        assert_eq!(bed["audio_pause"]["by"], "gateway", "the station is the author");
    }
    page.click(r#"[data-bed="02"] button.bed"#).await;
    page.press("by gateway. End it").await;
    page.sign().await;
    page.until(NO_DIALOG, PATIENCE).await;
    page.until(r#"!document.querySelector('[data-bed="02"] .kept')"#, PATIENCE).await;
    page.press("Pause the sound").await;
    let needs = r#"document.querySelector("dialog input[name=proof]")?.required"#;
    page.until(&format!("{needs} === false"), PATIENCE).await;
    page.click("dialog select[name=minutes] option:nth-of-type(2)").await;
    page.until(needs, PATIENCE).await;
    page.close().await;
}

#[tokio::test]
async fn a_shift_that_has_not_tested_the_sound_is_asked_to_and_is_told_who_did() {
    let Some(driver) = Chromedriver::start() else { return };
    let ward = Running::start(2);
    let asked = r#"document.querySelector(".strip .untested")?.textContent
        === "The sound was not tested in this shift: test it""#;
    let not_asked = r#"document.querySelector(".strip .untested") === null"#;
    let says = |text: &str| format!(r#"/{text}/.test(document.querySelector(".strip .audio").textContent)"#);
    let page = Page::open(&driver, &ward).await;
    page.until(asked, PATIENCE).await;
    ward.gateway.set_tested("asha", false);
    ward.gateway.set_sound(SoundState::Failed);
    page.until(not_asked, PATIENCE).await;
    ward.gateway.set_sound(SoundState::Ok);
    page.until(&format!("{asked} && {}", says("SOUND OK$")), PATIENCE).await;
    ward.gateway.set_tested("asha", true);
    page.until(&format!("{not_asked} && {}", says(r"tested \d\d:\d\d by asha$")), PATIENCE).await;
    page.close().await;
}

#[tokio::test]
async fn the_sound_is_tested_by_hand_and_whoever_listened_is_asked() {
    let Some(driver) = Chromedriver::start() else { return };
    let ward = Running::start(2);
    let page = Page::open(&driver, &ward).await;
    page.client.goto(&ward.url("/?station=desk")).await.unwrap();
    let tested = || ward.gateway.tested.lock().unwrap().clone();
    let asks = r#"document.querySelector("dialog h2")?.textContent === "Did you hear it?""#;
    page.press("Test the sound").await;
    page.type_into("dialog input[name=proof]", &format!("{BADGE}\u{e007}")).await;
    page.until(asks, PATIENCE).await;
    assert_eq!(tested(), ["station begun by asha"]);
    page.press("Yes").await;
    page.until(NO_DIALOG, PATIENCE).await;
    assert_eq!(tested(), ["station begun by asha", "station heard true by asha"]);
    page.press("Test the sound").await;
    page.sign().await;
    page.until(asks, PATIENCE).await;
    page.press("No").await;
    // The made-up gateway knows of no test that was not heard.
    let said = r#"document.querySelector("dialog .said").textContent"#;
    page.until(&format!(r#"{said}.startsWith("NOT TESTED: no self-test waits")"#), PATIENCE).await;
    assert_eq!(tested().last().unwrap(), "station heard false by asha");
    page.press("Cancel").await;
    page.until(NO_DIALOG, PATIENCE).await;
    ward.gateway.set_sound(SoundState::Off);
    let offered =
        r#"[...document.querySelectorAll(".strip button")].some((one) => /Test/.test(one.textContent))"#;
    page.until(&format!("!{offered}"), PATIENCE).await;
    page.close().await;
}

#[tokio::test]
async fn whoever_signs_in_finds_the_register_and_the_figures_until_they_leave() {
    let Some(driver) = Chromedriver::start() else { return };
    let ward = Running::start(8);
    ward.tell(vec![potassium("07", 1, 68)]).await;
    let page = Page::open(&driver, &ward).await;
    page.press("Sign in").await;
    page.note_what_is_sent().await;
    page.sign().await;
    page.until("sent.some((body) => JSON.parse(body).minutes === 10)", PATIENCE).await;
    let bar = r#"document.querySelector(".bar.signed-in")"#;
    page.until(&format!(r#"{bar}?.textContent.includes("asha")"#), PATIENCE).await;
    let links = format!("[...{bar}.querySelectorAll('a')].map((one) => one.getAttribute('href'))");
    let links = page.ask(&format!("return {links}")).await;
    assert_eq!(links, json!(["/api/v1/figures/register?format=html", "/api/v1/figures"]));
    for (link, holds) in [(&links[0], "MRN0042"), (&links[1], "by_bed")] {
        let shown = page.follow(link).await;
        assert!(shown.contains(holds), "{shown}");
    }
    let register = page.follow(&links[0]).await;
    assert!(register.contains(r#"<a href="/">Back to the board</a>"#), "{register}");
    assert!(register.contains(r#"content="600;url=/""#), "and goes back by itself: {register}");
    page.client.refresh().await.unwrap();
    page.until(bar, PATIENCE).await;
    page.press("Sign out").await;
    page.until(&format!("!{bar}"), PATIENCE).await;
    let shown = page.follow(&links[0]).await;
    assert!(shown.contains("6.8") && !shown.contains("MRN0042"), "{shown}");
    page.close().await;
}

#[tokio::test]
async fn a_frozen_gateway_is_seen_within_three_seconds_and_found_again() {
    let Some(driver) = Chromedriver::start() else { return };
    let ward = Running::start(8);
    ward.tell(vec![frame("05", 1, &[(Sign::HeartRate, 0), (Sign::PulseRatePleth, 0)])]).await;
    let page = Page::open(&driver, &ward).await;
    page.until(LIVE, PATIENCE).await;
    page.until(r#"document.querySelector(".alarms button.act")"#, PATIENCE).await;
    let frozen = ward.freeze_board();
    let lost = r#"document.querySelector(".bar.lost")?.textContent.includes("LINK LOST")"#;
    let took = page.until(lost, Duration::from_secs(3)).await;
    assert!(took > Duration::from_secs(1), "one late beat is no lost link: {took:?}");
    page.until(r#"document.querySelector(".alarms button.act").disabled"#, PATIENCE).await;
    drop(frozen);
    page.until(LIVE, Duration::from_secs(3)).await;
    page.until(r#"!document.querySelector(".bar.lost")"#, PATIENCE).await;
    page.close().await;
}

#[tokio::test]
async fn a_restarted_gateway_is_found_again_without_a_hand() {
    let Some(driver) = Chromedriver::start() else { return };
    let ward = Running::start(2);
    let page = Page::open(&driver, &ward).await;
    page.until(LIVE, PATIENCE).await;
    let address = ward.address;
    drop(ward);
    page.until(r#"document.body.dataset.link === "lost""#, Duration::from_secs(4)).await;
    let again = Running::start_at(2, address);
    page.until(LIVE, PATIENCE).await;
    drop(again);
    page.close().await;
}

#[tokio::test]
async fn where_the_gateway_is_silent_the_page_offers_to_sound() {
    let Some(driver) = Chromedriver::start() else { return };
    let ward = Running::start(2);
    ward.gateway.set_sound(SoundState::Off);
    ward.tell(vec![frame("01", 1, &[(Sign::HeartRate, 0), (Sign::PulseRatePleth, 0)])]).await;
    let page = Page::open(&driver, &ward).await;
    page.click(".bar.silent button").await;
    page.until(r#"document.querySelector(".bar.sounding")"#, PATIENCE).await;
    page.close().await;
}
