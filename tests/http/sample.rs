//! Generates a bundle of commitments for tests that need more than the bundled records.

use std::fmt::Write as _;

const DEPARTMENTS: [&str; 9] = [
    "state",
    "justice",
    "labor",
    "homeland-security",
    "hhs",
    "education",
    "defense",
    "interior",
    "usaid",
];
const DOCUMENT: &str = "src-wirenn-2024";

/// Returns a bundle of this many commitments, with a meeting for every forty of them. They refer to
/// bundled records.
pub fn bundle(count: usize) -> String {
    let mut meetings = String::new();
    for number in (40..=count).step_by(40) {
        let date = format!(
            "{}-{:02}-{:02}",
            2001 + number % 24,
            1 + (number * 5) % 12,
            1 + (number * 11) % 28
        );
        let comma = if meetings.is_empty() { "" } else { "," };
        let _ = write!(
            meetings,
            r#"{comma}{{"id":"m-{number:07}","name":"Meeting {number}","organization":"pitf","date":"{date}","status":"held"}}"#
        );
    }
    let mut commitments = String::new();
    for number in 1..=count {
        commitments.push_str(if number > 1 { "," } else { "" });
        commitments.push_str(&commitment(number, count));
    }
    format!(r#"{{"meetings":[{meetings}],"commitments":[{commitments}]}}"#)
}

fn commitment(number: usize, count: usize) -> String {
    let seed = (number * 7_919) % 1_000_003;
    let act = [
        "Train",
        "Develop guidance for",
        "Fund services for",
        "Publish data on",
        "Strengthen the work of",
    ][seed % 5];
    let whom = [
        "frontline personnel",
        "survivors of trafficking",
        "procurement officers",
        "field offices",
    ][seed % 4];
    let made_on = format!(
        "{}-{:02}-{:02}",
        2001 + seed / 60 % 24,
        1 + seed / 1_440 % 12,
        1 + seed / 17_280 % 28
    );
    let due = match (seed % 3, seed % 7) {
        (0, _) => "null".to_owned(),
        (_, 0) => format!("\"{}\"", 2010 + seed % 20),
        _ => format!("\"{}-{:02}-{:02}\"", 2010 + seed % 20, 1 + seed % 12, 1 + seed % 28),
    };
    let status = match seed % 100 {
        0..55 => "announced",
        55..80 => "in_progress",
        80..97 => "completed",
        97..99 => "discontinued",
        _ => "unknown",
    };
    let lead = seed * seed / 1_000 % DEPARTMENTS.len();
    let mut departments = format!("\"{}\"", DEPARTMENTS[lead]);
    if seed.is_multiple_of(3) {
        let _ = write!(departments, ",\"{}\"", DEPARTMENTS[(lead + 1) % DEPARTMENTS.len()]);
    }
    let meeting = number.div_ceil(40) * 40;
    let meeting = if meeting <= count { format!("\"m-{meeting:07}\"") } else { "null".to_owned() };
    let pillar = ["prevention", "protection", "prosecution", "partnership"][seed % 4];
    let topic =
        ["training", "housing", "supply-chains", "data", "outreach", "victim-services"][seed % 6];
    let places = if seed.is_multiple_of(6) { r#"{"region":"US-MA","country":"US"}"# } else { "" };
    let unit = ["USD", "people"][seed % 2];
    let figures = match seed % 4 {
        0 => format!(r#"{{"value":{},"unit":"{unit}","qualifier":"about"}}"#, seed % 900 * 1_000),
        _ => String::new(),
    };
    format!(
        r#"{{"id":"c-{number:07}","name":"{act} {whom} ({number})","text":"The department will work with its partners to carry this out in {} places, report on it to the task force each year, and publish what it learned for those who provide services. The work builds on that of earlier years.","meeting":{meeting},"made_on":"{made_on}","position":{},"due":{due},"status":"{status}","departments":[{departments}],"pillars":["{pillar}"],"topics":["{topic}","topic-{}"],"places":[{places}],"figures":[{figures}],"sources":[{{"document":"{DOCUMENT}","locator":"page {}"}}]}}"#,
        1 + seed % 50,
        seed % 60,
        seed % 5_000,
        seed % 40
    )
}
