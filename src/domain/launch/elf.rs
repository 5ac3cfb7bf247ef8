//! For which machine a program is: the head of its ELF file.

use crate::domain::cloud::Architecture;

/// Why a file is no program for an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ElfError {
    /// It is no ELF file of 64 bits.
    #[error("it is no program for Linux: an ELF file of 64 bits is wanted")]
    NoElf,
    /// For a machine that no instance is.
    #[error("it is for a machine that no instance is (ELF machine {0})")]
    Machine(u16),
}

/// The machine that a program is for, by the first bytes of its file.
pub fn architecture(head: &[u8]) -> Result<Architecture, ElfError> {
    let Some((b"\x7fELF\x02\x01", rest)) = head.split_first_chunk::<6>() else {
        return Err(ElfError::NoElf);
    };
    let machine = rest.get(12..14).ok_or(ElfError::NoElf)?;
    let machine = <[u8; 2]>::try_from(machine).map_err(|_short| ElfError::NoElf)?;
    match u16::from_le_bytes(machine) {
        62 => Ok(Architecture::X86),
        183 => Ok(Architecture::Arm),
        other => Err(ElfError::Machine(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Architecture, ElfError, architecture};

    fn head(machine: u8) -> Vec<u8> {
        let mut head = b"\x7fELF\x02\x01\x01".to_vec();
        head.resize(16, 0);
        head.extend([3, 0, machine, 0]);
        head
    }

    #[test]
    fn the_machine_stands_in_the_head() {
        assert_eq!(architecture(&head(62)), Ok(Architecture::X86));
        assert_eq!(architecture(&head(183)), Ok(Architecture::Arm));
        assert_eq!(architecture(&head(8)), Err(ElfError::Machine(8)));
        assert_eq!(architecture(b"#!/bin/sh"), Err(ElfError::NoElf));
        assert_eq!(architecture(b"\x7fELF\x02\x01"), Err(ElfError::NoElf));
    }
}
