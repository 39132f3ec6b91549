//! DSSE envelopes, as every implementation has them.

use greentic_deploy_spec::dsse::{Envelope, message};

const TYPE: &str = "http://example.com/HelloWorld";

#[test]
fn what_is_signed_is_that_of_the_published_example() {
    let expected = "DSSEv1 29 http://example.com/HelloWorld 11 hello world";
    assert_eq!(message(TYPE, b"hello world"), expected.as_bytes());
    assert_eq!(message("", b""), b"DSSEv1 0  0 ");
}

#[test]
fn an_envelope_has_the_published_keys_and_comes_back() {
    let envelope = Envelope::new(TYPE, b"hello world", [("alice", &[0xff, 0x00][..])]);
    let text = String::from_utf8(envelope.to_file()).expect("text");
    let expected = r#"{
  "payload": "aGVsbG8gd29ybGQ=",
  "payloadType": "http://example.com/HelloWorld",
  "signatures": [
    {
      "keyid": "alice",
      "sig": "/wA="
    }
  ]
}
"#;
    assert_eq!(text, expected);
    let read: Envelope = serde_json::from_str(&text).expect("an envelope");
    assert_eq!(read, envelope);
    assert_eq!(read.payload().as_deref(), Some(&b"hello world"[..]));
    assert_eq!(read.signatures[0].bytes().as_deref(), Some(&[0xff, 0x00][..]));
}

#[test]
fn a_key_need_not_be_named_and_what_is_no_base64_is_nothing() {
    let text = r#"{"payload": "?", "payloadType": "", "signatures": [{"sig": "not base64"}]}"#;
    let envelope: Envelope = serde_json::from_str(text).expect("an envelope");
    assert_eq!(envelope.payload(), None);
    assert_eq!((envelope.signatures[0].keyid.as_str(), envelope.signatures[0].bytes()), ("", None));
}
