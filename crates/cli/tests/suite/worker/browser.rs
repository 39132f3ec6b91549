//! The page in a real browser.

use super::server::Server;
use super::webdriver::{Browser, ENTER};
use super::{hello, up_hello};
use crate::lab::Lab;

#[test]
fn somebody_chats_with_a_worker_and_sees_which_version_serves() {
    let Some(page) = Browser::start() else { return };
    let lab = Lab::new();
    let server = Server::start(&lab, &up_hello());
    page.open(server.url());
    page.until_it_says("#1");
    say(&page, "Hello");
    page.until_it_says("Hello! What is your name?");
    // What is typed stays text, on its way there and back.
    say(&page, "<img src=x onerror=\"document.title = 'broken'\">");
    page.until_it_says("Nice to meet you, <img src=x");
    assert_ne!(page.run("return document.title", ""), "broken");
    // A second version shows up while the page is open.
    lab.ok(&format!("op deploy --bundle {}", hello(2)));
    page.until_it_says("#2");
}

#[test]
fn the_page_of_a_gateway_that_others_reach_talks_to_its_own_worker_and_tells_of_no_other() {
    let Some(page) = Browser::start() else { return };
    let lab = Lab::new();
    let server = Server::start(&lab, &up_hello().replace("127.0.0.1", "0.0.0.0"));
    for place in ["/", "/v1/web/webchat/default/hello/"] {
        page.open(&format!("{}{place}", server.url()));
        page.until_it_says("Those who run this gateway are told.");
        say(&page, "Hello");
        page.until_it_says("Hello! What is your name?");
        assert_eq!(page.run("return document.body.innerText.includes('#1')", ""), false);
    }
}

/// Writes with the keyboard alone.
fn say(page: &Browser, text: &str) {
    page.type_into("#text", &format!("{text}{ENTER}"));
}
