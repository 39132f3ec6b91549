//! Folders, packs and archives that the tests share.

use std::fs;
use std::path::Path;

use greentic_pack_format::{Limits, PackBuilder};
use tempfile::TempDir;

/// An empty component: the shortest bytes that are one.
pub(crate) const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

/// A private key that exists for these tests only.
pub(crate) const KEY: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n\
    -----END PRIVATE KEY-----\n";

/// Another one.
pub(crate) const OTHER_KEY: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g\n\
    -----END PRIVATE KEY-----\n";

pub(crate) const PACK_YAML: &str = r#"
pack_id: ai.example.hello
version: 1.2.0
name: Hello
publisher: Example
components:
  - id: ai.example.greeter
    file: components/greeter.wasm
    operations:
      - greet
      - name: ask
        input_schema: {type: object}
        output_schema: {}
    capabilities:
      host:
        state: {read: true, write: true}
        http: {client: true}
secrets:
  - key: api_token
    description: The token of the service.
providers:
  - provider_type: messaging.example
    ops: [send_payload, ingest_http]
    config_schema_ref: schemas/config.schema.json
    runtime:
      component_ref: ai.example.greeter
      export: schema-core-api
      world: greentic:provider-schema-core@1.0.0
"#;

pub(crate) const FLOW: &str = r#"id: main
type: messaging
title: Greets
tags: [default]
parameters: {polite: true}
nodes:
  greet:
    ai.example.greeter:
      name: "{{entry.text}}"
    operation: greet
    routing:
      - condition: response.action == "more"
        to: wait
      - to: bye
  wait:
    session.wait: {reason: name}
    routing:
      - to: branch
  branch:
    ai.example.greeter: {}
    operation: ask
    routing:
      - {status: ok, to: bye}
      - {status: failed, to: greet}
      - to: bye
  bye:
    emit.response: {text: Bye}
    routing: out
"#;

/// A folder with everything that a pack can be made of.
pub(crate) fn pack_folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "pack.yaml", PACK_YAML);
    write(folder.path(), "flows/main.ygtc", FLOW);
    write(folder.path(), "components/greeter.wasm", COMPONENT);
    write(folder.path(), "assets/cards/hello.json", "{}".repeat(400));
    write(folder.path(), "schemas/config.schema.json", "{}");
    write(folder.path(), "notes/private.txt", "stays out");
    folder
}

pub(crate) fn write(folder: &Path, name: &str, content: impl AsRef<[u8]>) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// The pack of that folder.
pub(crate) fn pack() -> Vec<u8> {
    builder().build().unwrap()
}

/// The same pack under another id.
pub(crate) fn pack_called(id: &str) -> Vec<u8> {
    let folder = pack_folder();
    write(folder.path(), "pack.yaml", PACK_YAML.replace("ai.example.hello", id));
    PackBuilder::from_folder(folder.path(), &limits()).unwrap().build().unwrap()
}

pub(crate) fn builder() -> PackBuilder {
    PackBuilder::from_folder(pack_folder().path(), &limits()).unwrap()
}

pub(crate) fn limits() -> Limits {
    Limits::default()
}

/// An archive of the files of a folder, as they are.
pub(crate) fn zip_of(folder: &Path) -> Vec<u8> {
    let mut zip = Zip::default();
    let mut folders = vec![folder.to_owned()];
    while let Some(below) = folders.pop() {
        for entry in fs::read_dir(below).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).unwrap().to_str().unwrap();
            zip.entries.push(ZipEntry::new(name, fs::read(&path).unwrap()));
        }
    }
    zip.bytes()
}

/// Makes bytes of hex digits; what else stands there is skipped.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        text.chars().filter_map(|one| one.to_digit(16)).map(|one| one as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// A zip archive, written byte by byte so that each byte can be a wrong one.
#[derive(Default)]
pub(crate) struct Zip {
    pub(crate) entries: Vec<ZipEntry>,
    /// Says another number of entries than there are.
    pub(crate) count: Option<u16>,
    /// Stands after the end.
    pub(crate) tail: Vec<u8>,
}

#[derive(Clone)]
pub(crate) struct ZipEntry {
    pub(crate) name: Vec<u8>,
    /// The name beside the data, when that is another one.
    pub(crate) local_name: Option<Vec<u8>>,
    pub(crate) data: Vec<u8>,
    pub(crate) size: u32,
    pub(crate) local_size: Option<u32>,
    pub(crate) crc: u32,
    pub(crate) method: u16,
    pub(crate) flags: u16,
    pub(crate) mode: u32,
    /// Is not written; the entry points to the data of an earlier one.
    pub(crate) shares: Option<usize>,
    /// Stands behind the data: checksum, packed size, size.
    pub(crate) descriptor: Option<(u32, u32, u32)>,
}

impl ZipEntry {
    pub(crate) fn new(name: impl AsRef<[u8]>, data: impl AsRef<[u8]>) -> Self {
        let data = data.as_ref().to_vec();
        Self {
            name: name.as_ref().to_vec(),
            local_name: None,
            size: data.len() as u32,
            local_size: None,
            crc: crc32(&data),
            data,
            method: 0,
            flags: 0,
            mode: 0o100_644,
            shares: None,
            descriptor: None,
        }
    }

    pub(crate) fn deflated(name: &str, data: &[u8]) -> Self {
        use std::io::Write as _;
        let mut encoder =
            flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(data).unwrap();
        let packed = encoder.finish().unwrap();
        Self { data: packed, method: 8, ..Self::new(name, data) }
    }
}

pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

impl Zip {
    /// An archive with one good entry and another one.
    pub(crate) fn with(entry: ZipEntry) -> Self {
        let entries = vec![ZipEntry::new("first.txt", "first"), entry];
        Self { entries, ..Self::default() }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut offsets = Vec::new();
        for entry in &self.entries {
            if let Some(other) = entry.shares {
                offsets.push(offsets[other]);
                continue;
            }
            offsets.push(out.len() as u32);
            let name = entry.local_name.as_ref().unwrap_or(&entry.name);
            out.extend(b"PK\x03\x04\x14\0");
            entry.shared_fields(&mut out, entry.local_size.unwrap_or(entry.size));
            out.extend((name.len() as u16).to_le_bytes());
            out.extend(0_u16.to_le_bytes());
            out.extend(name);
            out.extend(&entry.data);
            if let Some((crc, packed, size)) = entry.descriptor {
                out.extend(b"PK\x07\x08");
                [crc, packed, size].iter().for_each(|one| out.extend(one.to_le_bytes()));
            }
        }
        let start = out.len() as u32;
        for (entry, offset) in self.entries.iter().zip(&offsets) {
            out.extend(b"PK\x01\x02\x14\x03\x14\0");
            entry.shared_fields(&mut out, entry.size);
            out.extend((entry.name.len() as u16).to_le_bytes());
            out.extend([0; 8]);
            out.extend((entry.mode << 16).to_le_bytes());
            out.extend(offset.to_le_bytes());
            out.extend(&entry.name);
        }
        let size = out.len() as u32 - start;
        let count = self.count.unwrap_or(self.entries.len() as u16);
        out.extend(b"PK\x05\x06\0\0\0\0");
        out.extend(count.to_le_bytes());
        out.extend(count.to_le_bytes());
        out.extend(size.to_le_bytes());
        out.extend(start.to_le_bytes());
        out.extend(0_u16.to_le_bytes());
        out.extend(&self.tail);
        out
    }
}

impl ZipEntry {
    /// What stands both beside the data and in the directory.
    fn shared_fields(&self, out: &mut Vec<u8>, size: u32) {
        out.extend(self.flags.to_le_bytes());
        out.extend(self.method.to_le_bytes());
        out.extend([0, 0, 0x21, 0]);
        out.extend(self.crc.to_le_bytes());
        out.extend((self.data.len() as u32).to_le_bytes());
        out.extend(size.to_le_bytes());
    }
}
