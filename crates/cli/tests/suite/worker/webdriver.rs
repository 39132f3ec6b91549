//! A headless browser, driven by the W3C WebDriver protocol.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use ureq::Agent;

use super::chat;

/// How long a page may take, on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(60);
/// The name under which the protocol refers to an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// The Enter key in what is typed.
pub(super) const ENTER: &str = "\u{e007}";

/// A browser with a window and a profile of its own.
pub(super) struct Browser {
    agent: Agent,
    session: String,
    driver: Child,
    _profile: TempDir,
}

impl Browser {
    /// None, said loudly, where there is no browser.
    pub(super) fn start() -> Option<Self> {
        let mut driver = Command::new("chromedriver");
        driver.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let Ok(mut driver) = driver.spawn() else {
            greentic_testkit::skip(
                "there is no chromedriver; on Debian it is in the package chromium-driver",
            );
            return None;
        };
        let lines = BufReader::new(driver.stdout.take().expect("piped")).lines();
        let port = lines
            .map_while(Result::ok)
            .find_map(|line| {
                line.split_once("successfully on port ").map(|(_, port)| port.to_owned())
            })
            .expect("the driver tells its port");
        let driver_url = format!("http://127.0.0.1:{}", port.trim_end_matches('.'));
        let profile = tempfile::tempdir().expect("a folder");
        let agent = chat::agent_with(PATIENCE);
        let begun = send(&agent, &format!("{driver_url}/session"), &capabilities(&profile));
        let id = begun["sessionId"].as_str().expect("a session");
        let session = format!("{driver_url}/session/{id}");
        Some(Self { agent, session, driver, _profile: profile })
    }

    pub(super) fn open(&self, url: &str) {
        self.command("url", &json!({ "url": url }));
    }

    /// Types into the element that a CSS selector finds.
    pub(super) fn type_into(&self, selector: &str, text: &str) {
        let found = self.command("element", &json!({ "using": "css selector", "value": selector }));
        let element = found[ELEMENT].as_str().expect("an element");
        self.command(&format!("element/{element}/value"), &json!({ "text": text }));
    }

    /// What a script returns.
    pub(super) fn run(&self, script: &str, argument: &str) -> Value {
        self.command("execute/sync", &json!({ "script": script, "args": [argument] }))
    }

    /// Waits until the page shows a text.
    pub(super) fn until_it_says(&self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        while self.run("return document.body.innerText.includes(arguments[0])", text) != true {
            let shown = || self.run("return document.body.innerText", "");
            assert!(Instant::now() < deadline, "the page does not say {text:?}: {}", shown());
            std::thread::yield_now();
        }
    }

    fn command(&self, path: &str, body: &Value) -> Value {
        send(&self.agent, &format!("{}/{path}", self.session), body)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Ends the browser; the driver's end alone would leave it.
        let _ = self.agent.delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn send(agent: &Agent, url: &str, body: &Value) -> Value {
    let (status, answer) = chat::read(agent.post(url).send_json(body).expect("an answer"));
    assert_eq!(status, 200, "{url}: {answer}");
    answer["value"].clone()
}

/// A phone's window; nothing that asks the network.
fn capabilities(profile: &TempDir) -> Value {
    let mut arguments: Vec<String> = [
        "headless",
        "no-sandbox",
        "disable-gpu",
        "disable-dev-shm-usage",
        "disable-quic",
        "no-first-run",
        "disable-background-networking",
        "disable-component-update",
        "disable-sync",
        "window-size=390,844",
    ]
    .iter()
    .map(|name| format!("--{name}"))
    .collect();
    arguments.push(format!("--user-data-dir={}", profile.path().display()));
    json!({ "capabilities": { "alwaysMatch": { "goog:chromeOptions": { "args": arguments } } } })
}
