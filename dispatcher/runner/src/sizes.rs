//! How much of the machine a box may use.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Bytes of a megabyte and of a gigabyte, as people who size machines count them.
const MB: u64 = 1 << 20;
const GB: u64 = 1 << 30;

/// The most that everything in a box may use together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sizes {
    /// Memory, in bytes; also what lies in its `/tmp`.
    pub memory: u64,
    /// Processor time, in hundredths of one processor: 150 is one and a half.
    pub cpu: u64,
    /// Processes and threads at once.
    pub processes: u64,
    /// What may lie in its checkout and its outputs, in bytes.
    pub disk: u64,
}

impl Default for Sizes {
    fn default() -> Self {
        Self { memory: 8 * GB, cpu: 400, processes: 4_096, disk: 16 * GB }
    }
}

/// Sizes as people write them. What is not named is as it was.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Wanted {
    /// Memory: `4 GB`.
    pub memory: Option<String>,
    /// Processors: `1.5`.
    pub cpus: Option<f64>,
    /// Processes and threads at once.
    pub processes: Option<u64>,
    /// What may lie in the checkout and the outputs: `10 GB`.
    pub disk: Option<String>,
}

/// The least that a box is good for anything with.
const LEAST: Sizes = Sizes { memory: 64 * MB, cpu: 10, processes: 16, disk: 64 * MB };

impl Wanted {
    /// These sizes, and `others` where none is named.
    pub fn over(&self, others: Sizes) -> Result<Sizes, String> {
        let bytes = |text: &Option<String>, other| text.as_deref().map_or(Ok(other), Bytes::read);
        let cpu = match self.cpus {
            None => others.cpu,
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is in that range")]
            Some(cpus) if (0.1..=1_000.0).contains(&cpus) => (cpus * 100.0).round() as u64,
            Some(cpus) => return Err(format!("cpus: {cpus} is no number of processors: write 0.5, 2 or 16")),
        };
        let sizes = Sizes {
            memory: bytes(&self.memory, others.memory).map_err(|error| format!("memory: {error}"))?,
            cpu,
            processes: self.processes.unwrap_or(others.processes),
            disk: bytes(&self.disk, others.disk).map_err(|error| format!("disk: {error}"))?,
        };
        match sizes.beyond(&LEAST, |size, least| size < least) {
            Some((what, _, least)) => Err(format!("{what}: no box is good for anything with less than {least}")),
            None => Ok(sizes),
        }
    }

    /// These sizes, and those of `most` where none is named. None may be more than `most` has.
    pub fn within(&self, most: &Sizes) -> Result<Sizes, String> {
        let sizes = self.over(*most)?;
        match sizes.beyond(most, |size, most| size > most) {
            Some((what, size, most)) => Err(format!(
                "{what}: {size} is more than the {most} this installation gives a box; ask for less, or have \
                 [boxes] in signalbox.toml raised"
            )),
            None => Ok(sizes),
        }
    }
}

impl Sizes {
    /// The first size of which `is` is so, beside the one of `other`: its name and both in words.
    fn beyond(&self, other: &Self, is: fn(u64, u64) -> bool) -> Option<(&'static str, String, String)> {
        let bytes = |bytes: u64| Bytes(bytes).to_string();
        let cpus = |cpu: u64| format!("{} processors", f64::from(u32::try_from(cpu).unwrap_or(u32::MAX)) / 100.0);
        let processes = |count: u64| count.to_string();
        if is(self.memory, other.memory) {
            Some(("memory", bytes(self.memory), bytes(other.memory)))
        } else if is(self.cpu, other.cpu) {
            Some(("cpus", cpus(self.cpu), cpus(other.cpu)))
        } else if is(self.processes, other.processes) {
            Some(("processes", processes(self.processes), processes(other.processes)))
        } else if is(self.disk, other.disk) {
            Some(("disk", bytes(self.disk), bytes(other.disk)))
        } else {
            None
        }
    }
}

/// Bytes as people say them: `2 GB`, `512 MB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bytes(pub u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            bytes if bytes >= GB && bytes % GB == 0 => write!(f, "{} GB", bytes / GB),
            bytes if bytes >= 10 * GB => write!(f, "{} GB", bytes / GB),
            bytes => write!(f, "{} MB", bytes / MB),
        }
    }
}

impl Bytes {
    /// Reads `2 GB`, `512MB`.
    pub fn read(text: &str) -> Result<u64, String> {
        let text = text.trim();
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let unit = match text[end..].trim().to_ascii_uppercase().as_str() {
            "MB" => MB,
            "GB" => GB,
            _ => return Err(format!("{text:?} is no size: write 512 MB or 2 GB")),
        };
        text[..end]
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(unit))
            .filter(|bytes| *bytes > 0)
            .ok_or_else(|| format!("{text:?} is no size: write 512 MB or 2 GB"))
    }
}

/// What a box reached of its sizes, as the kernel counted it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reached {
    /// Programs ended for want of memory.
    pub(crate) memory: u64,
    /// Processes that could not be started.
    pub(crate) processes: u64,
    /// Whether its disk is full.
    pub(crate) disk: bool,
}

impl Reached {
    /// What is new since `before`, each in words.
    pub(crate) fn since(self, before: Self, sizes: &Sizes) -> Vec<String> {
        let mut words = Vec::new();
        if self.memory > before.memory {
            words.push(format!("it used more than {} of memory and was ended", Bytes(sizes.memory)));
        }
        if self.processes > before.processes {
            words.push(format!(
                "it wanted more than {} processes at once, and was given no more of them",
                sizes.processes
            ));
        }
        if self.disk && !before.disk {
            words.push(format!("it filled its disk of {}, and nothing more could be written", Bytes(sizes.disk)));
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_may_ask_for_less_and_is_told_when_it_asks_for_more() {
        let most = Sizes::default();
        let less = Wanted { memory: Some("2 GB".to_owned()), cpus: Some(1.5), ..Wanted::default() };
        assert_eq!(less.within(&most).unwrap(), Sizes { memory: 2 << 30, cpu: 150, ..most });
        let more = Wanted { disk: Some("64 GB".to_owned()), ..Wanted::default() };
        assert_eq!(
            more.within(&most).unwrap_err(),
            "disk: 64 GB is more than the 16 GB this installation gives a box; ask for less, or have [boxes] in \
             signalbox.toml raised"
        );
        for nothing in
            [Wanted { processes: Some(1), ..Wanted::default() }, Wanted { cpus: Some(f64::NAN), ..Wanted::default() }]
        {
            assert!(nothing.within(&most).is_err());
        }
    }

    #[test]
    fn sizes_are_read_and_said_as_people_write_them() {
        for (text, said) in [("2 GB", "2 GB"), ("512MB", "512 MB"), ("1536 mb", "1536 MB"), ("40 GB", "40 GB")] {
            assert_eq!(Bytes(Bytes::read(text).unwrap()).to_string(), said);
        }
        for text in ["", "2", "GB", "0 GB", "-1 GB", "2 GiB", "99999999999999999999 GB", "18446744073709551615 GB"] {
            assert!(Bytes::read(text).unwrap_err().contains("write 512 MB"), "{text}");
        }
    }
}
