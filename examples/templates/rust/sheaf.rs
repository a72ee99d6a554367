//! Guest SDK for plugins written in Rust: wasm ABI 1 in one file, without any crate. Copy it, it is yours.
//!
//!     #[no_mangle]
//!     pub extern "C" fn greet(at: *mut u8, length: usize) -> u64 {
//!         command(at, length, |input| match input.text("name") {
//!             Some(name) => Ok(Object::new().text("text", &format!("Hello {name}"))),
//!             None => fail("INVALID_INPUT", "Say who: {\"name\": …}."),
//!         })
//!     }
//!
//! The host sends well-formed JSON, so this reader only steps over what it does not look for. Add serde_json, and a
//! Cargo.toml, when you need more than texts.

use std::cell::RefCell;

/// What a command answers: an object, or a code for programs and a message for people.
pub type Reply = Result<Object, (String, String)>;

thread_local! {
    /// The answer that the host is reading; it is freed by the next one.
    static ANSWER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// ABI: room for `length` bytes that the host is about to write.
#[no_mangle]
pub extern "C" fn alloc(length: usize) -> *mut u8 {
    let bytes = vec![0u8; length].into_boxed_slice();
    Box::into_raw(bytes) as *mut u8
}

/// ABI: runs `work` on the JSON at `at` and returns where its answer lies, `pointer << 32 | length`.
pub fn command(at: *mut u8, length: usize, work: impl FnOnce(&Input) -> Reply) -> u64 {
    // Safety: `alloc` gave these bytes away, and the host passes them back once.
    let bytes = unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(at, length)) };
    let input = Input { json: String::from_utf8_lossy(&bytes).into_owned() };
    let answer = match work(&input) {
        Ok(object) => format!("{{\"ok\":{}}}", object.json()),
        Err((code, message)) => {
            let error = Object::new().text("code", &code).text("message", &message);
            format!("{{\"error\":{}}}", error.json())
        }
    };
    ANSWER.with(|kept| {
        let mut kept = kept.borrow_mut();
        *kept = answer.into_bytes();
        ((kept.as_ptr() as u64) << 32) | kept.len() as u64
    })
}

pub fn fail(code: &str, message: &str) -> Reply {
    Err((code.to_string(), message.to_string()))
}

/// The input of a command, as JSON.
pub struct Input {
    pub json: String,
}

impl Input {
    /// The text at `key` of the object that is the input; none when it is something else.
    pub fn text(&self, key: &str) -> Option<String> {
        let mut rest = self.json.trim_start().strip_prefix('{')?.trim_start();
        while let Some(name) = leading_text(rest) {
            let value = rest[name.len() + 2..].trim_start().strip_prefix(':')?.trim_start();
            if unescape(name) == key {
                return leading_text(value).map(unescape);
            }
            rest = behind_value(value).strip_prefix(',')?.trim_start();
        }
        None
    }
}

/// The inside of the JSON text that `json` begins with, escapes included.
fn leading_text(json: &str) -> Option<&str> {
    let inside = json.strip_prefix('"')?;
    let mut is_escaped = false;
    for (at, byte) in inside.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return Some(&inside[..at]),
            _ => {}
        }
    }
    None
}

/// What follows the value that `json` begins with.
fn behind_value(json: &str) -> &str {
    let (mut depth, mut is_text, mut is_escaped) = (0usize, false, false);
    for (at, byte) in json.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_text => is_escaped = true,
            b'"' => is_text = !is_text,
            _ if is_text => {}
            b'{' | b'[' => depth += 1,
            b',' | b'}' | b']' if depth == 0 => return &json[at..],
            b'}' | b']' => depth -= 1,
            _ => {}
        }
    }
    ""
}

/// RFC 8259 section 7. A lone surrogate becomes U+FFFD: a `String` cannot hold one.
fn unescape(text: &str) -> String {
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut characters = text.chars();
    let mut buffer = [0u16; 2];
    while let Some(character) = characters.next() {
        let plain = match character {
            '\\' => match characters.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some('r') => '\r',
                Some('b') => '\u{8}',
                Some('f') => '\u{c}',
                Some('u') => {
                    let hex: String = characters.by_ref().take(4).collect();
                    units.push(u16::from_str_radix(&hex, 16).unwrap_or(0xfffd));
                    continue;
                }
                other => other.unwrap_or('\\'),
            },
            other => other,
        };
        units.extend_from_slice(plain.encode_utf16(&mut buffer));
    }
    String::from_utf16_lossy(&units)
}

/// A JSON object that is being written.
#[derive(Default)]
pub struct Object {
    members: String,
}

impl Object {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn text(self, key: &str, value: &str) -> Self {
        self.member(key, &quoted(value))
    }

    /// A member whose value is JSON already: a number, a list, the `json` of another object.
    pub fn member(mut self, key: &str, json: &str) -> Self {
        if !self.members.is_empty() {
            self.members.push(',');
        }
        self.members.push_str(&quoted(key));
        self.members.push(':');
        self.members.push_str(json);
        self
    }

    pub fn json(&self) -> String {
        format!("{{{}}}", self.members)
    }
}

fn quoted(text: &str) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    json.push('"');
    for character in text.chars() {
        match character {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            other if (other as u32) < 0x20 => json.push_str(&format!("\\u{:04x}", other as u32)),
            other => json.push(other),
        }
    }
    json.push('"');
    json
}
