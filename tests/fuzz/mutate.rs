//! Makes new inputs of old ones: bytes turned, cut, doubled, joined, words exchanged.

/// A small generator of numbers (xorshift64*): the same numbers from the same seed everywhere.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Dice that fall as `seed` says.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Any number.
    pub fn roll(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `n`; 0 where there is none.
    pub fn below(&mut self, n: usize) -> usize {
        if n == 0 { 0 } else { (self.roll() >> 11) as usize % n }
    }

    /// One of some things.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// Bytes that programs take amiss.
const NASTY: &[&[u8]] = &[
    b"\0",
    b"\r",
    b"\n",
    b"\r\n",
    b"\x1b[2J",
    b"\x7f",
    b"\x80",
    b"\xff\xfe",
    b"\xc2\x9b",
    b"\xe2\x80\xae",
    b"\xe2\x80\xa8",
    b"\xef\xbb\xbf",
    b"\xf3\xa0\x81\x81",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\n.\n",
    b"\nFrom ",
    b"\n\n",
    b"=cmd|",
    b"@",
    b"\t=1+1",
    b"\"",
    b"'",
    b",",
    b";",
    b"<script>",
    b"</pre>",
    b"]",
    b"[",
    b": ",
    b" from ",
    b" port ",
    b" [preauth]",
    b"../",
    b"/",
    b"%s",
    b"{",
    b"}",
    b"\\",
    b"#",
    b"198.51.100.1",
    b"203.0.113.9",
    b"::ffff:203.0.113.9",
    b"2001:db8::9",
    b"fe80::1%eth0",
    b"0.0.0.0",
    b"message repeated 4294967295 times: [ ",
    b"99999999999999999999",
    b"-1",
    b"0",
    b"65536",
    b"Feb 29 00:00:00",
    b"Dec 31 23:59:60",
    b"Jan  1 00:00:00",
    b"2026-03-29T01:30:00",
    b"9999-12-31T23:59:59Z",
    b"0000-01-01T00:00:00+23:59",
    b"1774746000",
    b"1774746000.123456",
    b"Mar 29 01:30:00",
    b"Oct 25 01:30:00",
    b"[[",
    b"]]",
    b"\n[",
    b" = ",
    b"\"\"\"",
    b"[\"",
    b"true",
    b"0.0.0.0/0",
    b"::/0",
    b"192.0.2.0 - 192.0.2.255",
];

/// A new input from `seeds`.
pub fn mutate(dice: &mut Dice, seeds: &[Vec<u8>], words: &[Vec<u8>], most: usize) -> Vec<u8> {
    let mut data = dice.pick(seeds).clone();
    for _ in 0..1 + dice.below(8) {
        once(dice, &mut data, seeds, words);
    }
    data.truncate(most);
    data
}

/// A stretch within `data`, short more often than long.
fn stretch(dice: &mut Dice, data: &[u8]) -> std::ops::Range<usize> {
    let from = dice.below(data.len() + 1);
    let most = 1 << dice.below(9);
    let to = (from + dice.below(most) + 1).min(data.len());
    from..to
}

/// A whole line within `data`, with its newline.
fn row(dice: &mut Dice, data: &[u8]) -> std::ops::Range<usize> {
    let at = dice.below(data.len() + 1);
    let from = memchr::memrchr(b'\n', &data[..at]).map_or(0, |n| n + 1);
    let to = memchr::memchr(b'\n', &data[at..]).map_or(data.len(), |n| at + n + 1);
    from..to
}

/// A word within `data`.
fn word(dice: &mut Dice, data: &[u8]) -> std::ops::Range<usize> {
    let at = dice.below(data.len() + 1);
    let end = |b: &u8| b" \n\t[]()<>=:,;/\"'".contains(b);
    let from = data[..at].iter().rposition(end).map_or(0, |n| n + 1);
    let to = data[at..].iter().position(end).map_or(data.len(), |n| at + n);
    from..to
}

fn once(dice: &mut Dice, data: &mut Vec<u8>, seeds: &[Vec<u8>], words: &[Vec<u8>]) {
    match dice.below(14) {
        0 if !data.is_empty() => {
            let at = dice.below(data.len());
            data[at] ^= 1 << dice.below(8);
        }
        1 if !data.is_empty() => {
            let at = dice.below(data.len());
            data[at] = *dice.pick(&[
                0,
                1,
                0x7f,
                0x80,
                0xff,
                b' ',
                b'\n',
                b':',
                b'9',
                b'a',
                dice.clone().roll() as u8,
            ]);
        }
        2 => {
            let cut = stretch(dice, data);
            data.drain(cut);
        }
        3 => {
            let cut = row(dice, data);
            data.drain(cut);
        }
        4 => {
            let copy = stretch(dice, data);
            let (at, copy) = (copy.end, data[copy].to_vec());
            data.splice(at..at, copy);
        }
        5 => {
            // A line again, elsewhere.
            let from = row(dice, data);
            let copy = data[from].to_vec();
            let at = row(dice, data).start;
            data.splice(at..at, copy);
        }
        6 | 7 => {
            let at = dice.below(data.len() + 1);
            data.splice(at..at, dice.pick(NASTY).iter().copied());
        }
        8 | 9 => {
            let old = word(dice, data);
            let new = dice.pick(words).clone();
            data.splice(old, new);
        }
        10 => {
            let old = word(dice, data);
            data.splice(old, dice.pick(NASTY).iter().copied());
        }
        11 => {
            // The head of this and the tail of another.
            let other = dice.pick(seeds).clone();
            let (a, b) = (row(dice, data).start, row(dice, &other).start);
            data.truncate(a);
            data.extend_from_slice(&other[b..]);
        }
        12 => {
            let other = dice.pick(seeds).clone();
            let (at, take) = (dice.below(data.len() + 1), stretch(dice, &other));
            data.splice(at..at, other[take].iter().copied());
        }
        _ => data.truncate(dice.below(data.len() + 1)),
    }
}
