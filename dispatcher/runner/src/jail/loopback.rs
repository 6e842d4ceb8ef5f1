//! The network of a jail: itself, and nothing else.

use std::io;

use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, sendto, socket_with};

/// "Change a network interface", to be acknowledged. From `linux/rtnetlink.h` and `linux/netlink.h`.
const NEW_LINK: u16 = 16;
const REQUEST_AND_ACKNOWLEDGE: u16 = 1 | 4;
/// The first interface of every network is its loopback.
const LOOPBACK: i32 = 1;
const UP: u32 = 1;

/// Brings up the loopback of this process's network, so that tests can talk to servers they start.
pub(super) fn up() -> io::Result<()> {
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None)?;
    let mut message = Vec::with_capacity(32);
    message.extend(32_u32.to_ne_bytes());
    message.extend(NEW_LINK.to_ne_bytes());
    message.extend(REQUEST_AND_ACKNOWLEDGE.to_ne_bytes());
    // The number of the message, the sender, and an address of any family and kind.
    message.extend([1_u32, 0, 0].map(u32::to_ne_bytes).concat());
    message.extend(LOOPBACK.to_ne_bytes());
    // The flags, and which of them to change.
    message.extend([UP, UP].map(u32::to_ne_bytes).concat());
    sendto(&socket, &message, SendFlags::empty(), &SocketAddrNetlink::new(0, 0))?;
    let mut answer = [0_u8; 64];
    recv(&socket, &mut answer[..], RecvFlags::empty())?;
    match i32::from_ne_bytes([answer[16], answer[17], answer[18], answer[19]]) {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(-error)),
    }
}
