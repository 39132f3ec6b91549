//! docs/packs.md, followed to the letter over the real program.

use greentic_testkit::page::{self, Block};

use crate::lab::Lab;
use crate::worker::chat::Chat;
use crate::worker::server::Server;

const PAGE: &str = "docs/packs.md";

/// What OpenSSL made once with the commands of the page.
const KEYS: [(&str, &str); 2] = [
    (
        "publisher.key.pem",
        "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIKRKHcPA5xwKBb4u/+bp6ylqMGRAVFvcTUlBqRd53dFZ
-----END PRIVATE KEY-----
",
    ),
    (
        "publisher.pem",
        "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAMKQ+RqSWSftqD4+A4gCYvNw7lG1wXln0ngeMvZYGfIs=
-----END PUBLIC KEY-----
",
    ),
];

#[test]
fn the_commands_of_the_page_build_show_sign_and_serve_its_worker() {
    let lab = Lab::new();
    page::write_files(PAGE, "hello", lab.home());
    for (name, key) in KEYS {
        lab.write(name, key);
    }
    let blocks = page::blocks(PAGE);
    let calls: Vec<&str> = blocks.iter().flat_map(|block| block.calls("gtc")).collect();
    assert!(calls.len() > 6, "{calls:?}");
    for line in &calls {
        if line.starts_with("up ") {
            let server = Server::start(&lab, &format!("{line} --listen 127.0.0.1:0"));
            let mut chat = Chat::begin(server.url());
            assert_eq!(chat.say("Hi"), "Hello! What is your name?");
            assert_eq!(chat.say("Ada"), "Nice to meet you, Ada.");
            assert!(server.terminate().success());
        } else {
            lab.ok(line);
        }
    }
    for file in ["hello.gtpack", "hello.gtbundle"] {
        assert!(lab.home().join(file).is_file(), "{file}");
    }
    assert_eq!(lab.ok("op deploy hello.gtbundle")["unchanged"], true, "it is what `up` deployed");
    let shown = lab.gtc("bundle inspect hello.gtbundle --output table").stdout;
    let is_shown = |block: &Block| block.language == "text" && block.text == shown;
    assert!(blocks.iter().any(is_shown), "the page shows something else than: {shown}");
}
