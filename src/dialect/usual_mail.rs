//! [`postfix`] and [`dovecot`]: their usual messages, read straight through to the end of their line.
//!
//! A dozen messages makes nearly all of an attacked mail server's log. What is read here is what the
//! grammars say, which a test holds for lines plain and hostile; whatever is not plain is left to them.

use super::act::Kind;
use super::postfix::refusal;
use super::usual::Text;
use crate::addr::Addr;
use crate::digits::{self, Set};
use crate::limits::{LINE_BYTES, REPEATS};
use crate::quad::{self, Lanes};

/// A usual message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsualMail<'a> {
    /// What it tells of; none where it concerns nobody far away.
    pub kind: Option<Kind>,
    /// The far end; none only where it concerns nobody.
    pub source: Option<Addr>,
    /// The far end's port; 0 where it does not say.
    pub port: u16,
    /// How many times.
    pub count: u32,
    /// What the program calls the session; empty where that binds no lines.
    pub session: &'a [u8],
    /// Seconds that the session lasted, where it says so.
    pub lasted: u32,
    /// The standard port of the service that it names; 0 where it names none.
    pub our_port: u16,
    /// Its length.
    pub len: usize,
}

const NOTHING: UsualMail<'_> = UsualMail {
    kind: None,
    source: None,
    port: 0,
    count: 1,
    session: &[],
    lasted: 0,
    our_port: 0,
    len: 0,
};

/// The rest of the line, which may be empty.
#[inline(always)]
fn line<'a>(t: &mut Text<'a, impl Lanes>) -> Option<&'a [u8]> {
    let (line, rest) = super::usual::line(t.0)?;
    t.0 = rest;
    Some(line)
}

/// `NAME[ADDRESS]`, `NAME[ADDRESS]:PORT`.
#[inline(always)]
fn client(t: &mut Text<'_, impl Lanes>, said: &mut UsualMail<'_>) -> Option<()> {
    if !t.may(b"unknown[") {
        let end = digits::leading_of(t.0, Set::Alphanumeric(*b"-._"))?;
        t.0 = t.0.get(end..)?;
        t.eat(b"[")?;
    }
    let (addr, rest) = match quad::read_by(t.1, t.0) {
        Some((v4, used)) => (Addr::from_v4(v4), t.0.get(used..)?),
        None => other_client(t.0)?,
    };
    t.0 = rest;
    t.eat(b"]")?;
    said.source = Some(addr);
    if let [b':', b'0'..=b'9', ..] = t.0 {
        t.eat(b":")?;
        said.port = u16::try_from(t.number()?).ok()?;
    }
    Some(())
}

#[inline(never)]
fn other_client(text: &[u8]) -> Option<(Addr, &[u8])> {
    // As long as addresses are, with a scope.
    if let Some((addr, used)) = Addr::leading_v6(text)
        && let Some(rest @ [b']', ..]) = text.get(used..)
    {
        return Some((addr, rest));
    }
    let end = text.iter().take(64).position(|b| *b == b']')?;
    let (word, rest) = text.split_at_checked(end)?;
    Some((Addr::parse(word)?, rest))
}

/// Reads a message of Postfix's `smtpd` or `cleanup` that `text` begins with, which `\n` ends; none where
/// it is not usual. `text` holds no NUL.
#[inline(always)]
#[must_use]
pub fn postfix(lanes: impl Lanes, text: &[u8]) -> Option<UsualMail<'_>> {
    let mut t = Text(text, lanes);
    let mut said = NOTHING;
    match text.first()? {
        b'c' => {
            t.eat(b"connect from ")?;
            client(&mut t, &mut said)?;
            said.kind = Some(Kind::MailConnected);
        }
        b'd' => {
            t.eat(b"disconnect from ")?;
            client(&mut t, &mut said)?;
            line(&mut t)?;
            said.kind = Some(Kind::MailDisconnected);
        }
        b'w' => {
            t.eat(b"warning: ")?;
            client(&mut t, &mut said)?;
            t.eat(b": SASL ")?;
            t.word()?;
            t.eat(b" authentication failed: ")?;
            // What could not be checked begins with one of these; it may have ended right here.
            let first = t.0.first().copied()?;
            (first > b' ' && !matches!(first, b'C' | b'I' | b'n' | b'T')).then_some(())?;
            line(&mut t)?;
            said.kind = Some(Kind::SaslFailed);
        }
        b'l' => {
            t.eat(b"lost connection after ")?;
            t.word()?;
            t.eat(b" from ")?;
            client(&mut t, &mut said)?;
            line(&mut t)?;
            said.kind = Some(Kind::MailContext);
        }
        b'A' if t.may(b"Anonymous TLS connection established from ") => {
            client(&mut t, &mut said)?;
            line(&mut t)?;
            said.kind = Some(Kind::MailContext);
        }
        b'S' if t.may(b"SSL_accept error from ") => {
            client(&mut t, &mut said)?;
            line(&mut t)?;
            said.kind = Some(Kind::MailContext);
        }
        b'N' if t.may(b"NOQUEUE: reject: RCPT from ") => {
            client(&mut t, &mut said)?;
            t.eat(b": ")?;
            let text = line(&mut t)?;
            let plain = plain_refusal(Text(text, lanes));
            said.kind = plain.or_else(|| Some(refusal(b"RCPT", text.trim_ascii_end())));
        }
        _ => {
            let end = t.0.iter().take(32).position(|b| !b.is_ascii_alphanumeric())?;
            (end > 0).then(|| t.0 = t.0.get(end..).unwrap_or_default())?;
            t.eat(b": ")?;
            if t.may(b"client=") {
                client(&mut t, &mut said)?;
                said.kind = Some(Kind::MailAccepted);
            } else {
                t.eat(b"message-id=<")?;
                line(&mut t)?;
            }
        }
    }
    ended(text, t, said)
}

/// What a refusal for good is, where Postfix says it in its commonest words and the recipient is quite plain:
/// `554 5.7.1 <RECIPIENT>: Relay access denied; from=<`. What is said then is what [`refusal`] says of it.
#[inline(always)]
fn plain_refusal(mut t: Text<'_, impl Lanes>) -> Option<Kind> {
    let ([b'5', b'0'..=b'9', b'0'..=b'9', b' '], rest) = t.0.split_first_chunk()? else {
        return None;
    };
    t.0 = rest;
    t.eat(b"5.")?;
    // Limits of the system are told otherwise.
    t.number().filter(|n| *n != 3)?;
    t.eat(b".")?;
    t.number()?;
    t.eat(b" ")?;
    if t.may(b"Service unavailable; Client host [") {
        t.skip(Set::Alphanumeric(*b".:%"))?;
        t.eat(b"] blocked using ")?;
        return Some(Kind::Spam);
    }
    t.eat(b"<")?;
    t.skip(Set::PrintsBut(*b"<>\"\\;"))?;
    t.eat(b">: ")?;
    let kind = if t.may(b"Relay access denied; from=<") {
        Kind::Relay
    } else {
        t.eat(b"Recipient address rejected: User unknown in ")?;
        if !t.may(b"local recipient table; from=<")
            && !t.may(b"virtual mailbox table; from=<")
            && !t.may(b"virtual alias table; from=<")
        {
            t.eat(b"relay recipient table; from=<")?;
        }
        Kind::UnknownRecipient
    };
    // An address that holds all this would end here.
    memchr::memchr(b';', t.0).is_none().then_some(kind)
}

/// Reads a message of Dovecot's login processes that `text` begins with, which `\n` ends, behind the
/// tag `dovecot`; none where it is not usual. `text` holds no NUL.
#[inline(always)]
#[must_use]
pub fn dovecot(lanes: impl Lanes, text: &[u8]) -> Option<UsualMail<'_>> {
    let mut t = Text(text, lanes);
    let mut said = NOTHING;
    said.our_port = if t.may(b"imap-login: ") {
        143
    } else if t.may(b"pop3-login: ") {
        110
    } else {
        t.eat(b"submission-login: ")?;
        587
    };
    t.may(b"Info: ");
    let aborted = t.may(b"Login aborted: Connection closed (auth failed, ");
    if !aborted
        && !t.may(b"Disconnected (auth failed, ")
        && !t.may(b"Disconnected: Connection closed (auth failed, ")
        && !t.may(b"Disconnected: Inactivity (auth failed, ")
        && !t.may(b"Connection closed (auth failed, ")
    {
        t.eat(b"Aborted login (auth failed, ")?;
    }
    said.kind = Some(Kind::MailLoginFailed);
    said.count = t.number()?.min(REPEATS);
    t.eat(b" attempts in ")?;
    said.lasted = t.number()?;
    t.eat(b" secs)")?;
    if aborted {
        t.eat(b" (auth_failed)")?;
    }
    t.eat(b": user=<")?;
    // No byte of the account's may be taken for another field.
    t.skip(Set::PrintsBut(*b"<>,=:"))?;
    t.eat(b">, method=")?;
    t.skip(Set::Alphanumeric(*b"---"))?;
    t.eat(b", rip=")?;
    said.source = Some(field(&mut t)?);
    t.eat(b", lip=")?;
    field(&mut t)?;
    if !t.may(b", TLS") {
        t.may(b", secured");
    }
    if t.may(b", session=<") {
        let id = t.0;
        let end = t.skip(Set::Alphanumeric(*b"+/="))?;
        said.session = id.get(..end).filter(|id| !id.is_empty())?;
        t.eat(b">")?;
    }
    ended(text, t, said)
}

/// An address that a comma or the line's end follows.
#[inline(always)]
fn field(t: &mut Text<'_, impl Lanes>) -> Option<Addr> {
    let (addr, rest) = match quad::read_by(t.1, t.0) {
        Some((v4, used)) => (Addr::from_v4(v4), t.0.get(used..)?),
        None if let Some((addr, used)) = Addr::leading_v6(t.0)
            && matches!(t.0.get(used), Some(b',' | b'\n')) =>
        {
            (addr, t.0.get(used..)?)
        }
        None => {
            let end = t.0.iter().take(64).position(|b| *b == b',' || *b <= b' ')?;
            let (word, rest) = t.0.split_at_checked(end)?;
            (Addr::parse(word)?, rest)
        }
    };
    matches!(rest.first(), Some(b',' | b'\n')).then(|| t.0 = rest)?;
    Some(addr)
}

#[inline(always)]
fn ended<'a>(
    text: &[u8],
    t: Text<'_, impl Lanes>,
    mut said: UsualMail<'a>,
) -> Option<UsualMail<'a>> {
    t.end()?;
    said.len = text.len() - t.0.len();
    // What is said cannot be so long, but what follows it.
    (said.len < LINE_BYTES / 2).then_some(said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quad::Common;

    #[test]
    fn a_plain_refusal_is_what_the_grammar_says() {
        let codes = [
            "554 5.7.1",
            "550 5.1.1",
            "550 5.3.4",
            "450 4.7.1",
            "554",
            "5.7.1",
            "55 5.7.1",
            "554 5.7",
        ];
        let whom = [
            "<a@b.example>: ",
            "<>: ",
            "<\"a>: b\"@c.example>: ",
            "<a\\>@b.example>: ",
            "a@b.example: ",
            "",
        ];
        let words = [
            "Relay access denied",
            "Relay access denied, try again",
            "Recipient address rejected: User unknown in local recipient table",
            "Recipient address rejected: User unknown in virtual mailbox table",
            "Recipient address rejected: User unknown in virtual alias table",
            "Recipient address rejected: User unknown in relay recipient table",
            "Recipient address rejected: User unknown in local recipient table; blocked using a",
            "Recipient address rejected: Greylisted",
            "Service unavailable; Client host [192.0.2.7] blocked using list.example; https://list.example/?192.0.2.7",
            "Service unavailable; Client host [2001:db8::7] blocked using list.example",
            "Service unavailable; Client host [mail.example.org] blocked using list.example",
        ];
        let mut plain = 0;
        let ends = ["; from=<greylist@d.example> to=<e@f.example> proto=ESMTP helo=<g>", ""];
        for code in codes {
            for whom in whom {
                for (words, end) in words.iter().flat_map(|words| ends.map(|end| (words, end))) {
                    let text = format!("{code} {whom}{words}{end}\n");
                    if let Some(kind) = plain_refusal(Text(text.as_bytes(), Common)) {
                        assert_eq!(kind, refusal(b"RCPT", text.trim_end().as_bytes()), "{text}");
                        plain += 1;
                    }
                }
            }
        }
        // Two codes; two recipients with five endings each that need what follows, and three that need neither.
        assert_eq!(plain, 2 * (2 * 5 + 3 * 2));
    }
}
