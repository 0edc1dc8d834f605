//! What may keep a job from printing, in words.

use std::fmt;

/// One thing that keeps a job, or shows that nothing does. Every text in it is safe to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// A process of the job was stopped by a signal or a debugger.
    Stopped {
        /// `dpkg (pid 812)`.
        process: String,
        /// Its id.
        id: u32,
    },
    /// Another process holds a lock of the package manager.
    Locked {
        /// The file.
        file: String,
        /// The process, when it is known.
        holder: Option<String>,
        /// Whether the holder is itself stopped.
        is_stopped: bool,
    },
    /// The log ends with a question, and nobody can answer: a job has no terminal.
    Asks {
        /// The question.
        question: String,
    },
    /// A process waits in the kernel and takes no signal: a disk or a file system of the network.
    Uninterruptible {
        /// `rpm (pid 812)`.
        process: String,
        /// The kernel's function in which it waits, when that is known.
        waits_in: Option<String>,
    },
    /// A file system has no space left.
    Full {
        /// Where it is mounted.
        folder: String,
    },
    /// The kernel killed something for want of memory since the job began.
    Killed {
        /// The kernel's words.
        line: String,
    },
    /// A process has a connection, and nothing comes.
    Remote {
        /// `http (pid 812)`.
        process: String,
        /// `192.0.2.1 port 80`.
        address: String,
        /// False while the connection is still being made.
        is_connected: bool,
    },
    /// The job uses a processor or moves data: it only does not print.
    AtWork {
        /// Of one processor.
        percent: u64,
        /// Read and written, files and sockets together.
        bytes_per_second: u64,
    },
    /// Nothing of all that: the last of its processes waits for something.
    Waits {
        /// The process; `None` when the job has none any more.
        process: Option<String>,
        /// The kernel's function in which it waits, when that is known.
        waits_in: Option<String>,
    },
}

impl Reason {
    /// The same, when only amounts differ.
    pub(super) fn without_amounts(&self) -> Self {
        match self {
            Self::AtWork { .. } => Self::AtWork {
                percent: 0,
                bytes_per_second: 0,
            },
            // Which process of a loop is the last one changes by the second.
            Self::Waits { .. } => Self::Waits {
                process: None,
                waits_in: None,
            },
            other => other.clone(),
        }
    }

    /// Whether it quotes the line.
    pub(super) fn has_line(&self, line: &str) -> bool {
        matches!(self, Self::Asks { question } if question == line)
    }

    /// What an operator can do on the host, when that can be said.
    #[must_use]
    pub fn remedy(&self) -> Option<String> {
        match self {
            Self::Stopped { id, .. } => Some(format!("let it go on: `kill -CONT {id}`")),
            Self::Locked {
                holder: Some(holder), ..
            } => Some(format!("wait until {holder} has ended")),
            Self::Locked { file, holder: None, .. } => Some(format!("see with `fuser -v {file}` who holds the lock")),
            Self::Asks { .. } => {
                Some("nobody can answer: end the program that asks, by hand, and repair the host then".to_owned())
            }
            Self::Uninterruptible { .. } => {
                Some("look at the host's disks and network file systems with `dmesg`".to_owned())
            }
            Self::Full { folder } => Some(format!("free some space in {folder}")),
            Self::Killed { .. } => Some("give the host more memory".to_owned()),
            Self::Remote { address, .. } => Some(format!("look whether {address} answers")),
            Self::AtWork { .. } | Self::Waits { .. } => None,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopped { process, .. } => write!(formatter, "{process} was stopped by a signal"),
            Self::Locked {
                file,
                holder,
                is_stopped,
            } => {
                let holder = holder.as_deref().unwrap_or("an unknown process");
                let stopped = if *is_stopped {
                    ", which was stopped by a signal"
                } else {
                    ""
                };
                write!(formatter, "{file} is locked by {holder}{stopped}")
            }
            Self::Asks { question } => write!(formatter, "the log ends with a question: {question}"),
            Self::Uninterruptible { process, waits_in } => {
                write!(formatter, "{process} waits for a disk or a network file system")?;
                in_the_kernel(formatter, waits_in.as_deref())
            }
            Self::Full { folder } => write!(formatter, "{folder} is full"),
            Self::Killed { line } => write!(formatter, "the kernel was out of memory: {line}"),
            Self::Remote {
                process,
                address,
                is_connected: true,
            } => write!(formatter, "{process} waits for an answer of {address}"),
            Self::Remote { process, address, .. } => {
                write!(formatter, "{process} tries to connect to {address}")
            }
            Self::AtWork {
                percent,
                bytes_per_second,
            } => write!(
                formatter,
                "it is at work: {percent} % of a processor, {} KiB a second",
                bytes_per_second / 1024
            ),
            Self::Waits {
                process: Some(process),
                waits_in,
            } => {
                write!(formatter, "{process} waits")?;
                in_the_kernel(formatter, waits_in.as_deref())
            }
            Self::Waits { process: None, .. } => write!(formatter, "no process of the job was seen"),
        }
    }
}

fn in_the_kernel(formatter: &mut fmt::Formatter<'_>, waits_in: Option<&str>) -> fmt::Result {
    waits_in.map_or(Ok(()), |name| write!(formatter, " (in {name})"))
}
