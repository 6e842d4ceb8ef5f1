//! Which addresses are those of machines that everybody can reach: what is named by somebody else is connected to only
//! there.
//!
//! Sources: the special-purpose registries of IANA for IPv4 and IPv6, and the address at which one cloud answers its own
//! machines though it looks public.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why an address is never connected to; nothing, if it is a public one.
///
/// An address of the old protocol inside one of the new is looked at as what it is.
pub fn forbidden(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => forbidden_v4(address),
        IpAddr::V6(address) => forbidden_v6(address),
    }
}

fn forbidden_v4(address: Ipv4Addr) -> Option<&'static str> {
    let [a, b, c, d] = address.octets();
    match (a, b, c, d) {
        (0, ..) => Some("it means this machine"),
        (127, ..) => Some("it is a loopback address"),
        (10, ..) | (192, 168, ..) | (172, 16..=31, ..) => Some("it is a private address"),
        (100, 64..=127, ..) => Some("it is an address behind a provider's translation"),
        (169, 254, ..) => Some("it is a link-local address, where machines keep their credentials"),
        // A cloud answers its own machines there.
        (168, 63, 129, 16) => Some("it is a cloud's address for its own machines"),
        (192, 0, 0, _)
        | (192, 0, 2, _)
        | (192, 31, 196, _)
        | (192, 52, 193, _)
        | (192, 88, 99, _)
        | (198, 18..=19, ..)
        | (198, 51, 100, _)
        | (203, 0, 113, _) => Some("it is a reserved address"),
        (224..=239, ..) => Some("it is a multicast address"),
        (240..=255, ..) => Some("it is a reserved address"),
        _ => None,
    }
}

fn forbidden_v6(address: Ipv6Addr) -> Option<&'static str> {
    let parts = address.segments();
    let last = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        Ipv4Addr::new(a, b, c, d)
    };
    let [.., high, low] = parts;
    match parts {
        // Mapped: the old address in the new one's clothes.
        [0, 0, 0, 0, 0, 0xffff, ..] => return forbidden_v4(last(high, low)),
        // Translated (NAT64): whoever answers is the old address.
        [0x64, 0xff9b, 0, 0, 0, 0, ..] => return forbidden_v4(last(high, low)),
        // 6to4 and Teredo carry the old address in front and at the end; nobody needs them any more.
        [0x2002, one, two, ..] => return forbidden_v4(last(one, two)).or(Some("it is a tunnel's address")),
        [0x2001, 0, ..] => return forbidden_v4(last(!high, !low)).or(Some("it is a tunnel's address")),
        // ISATAP: under any prefix.
        [_, _, _, _, 0 | 0x200, 0x5efe, ..] => return Some("it is a tunnel's address"),
        _ => {}
    }
    match parts {
        [0, 0, 0, 0, 0, 0, 0, 1] => Some("it is a loopback address"),
        [0, ..] => Some("it means this machine"),
        [0xfc00..=0xfdff, ..] => Some("it is a private address"),
        [0xfe80..=0xfebf, ..] => Some("it is a link-local address"),
        [0xff00..=0xffff, ..] => Some("it is a multicast address"),
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x2620, 0x4f, 0x8000, ..] | [0x3fff, 0..=0xfff, ..] => {
            Some("it is a reserved address")
        }
        [0x2000..=0x3fff, ..] => None,
        _ => Some("it is a reserved address"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_everybody_can_reach_is_public() {
        for public in
            ["93.184.216.34", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:2800:220:1::1", "64:ff9b::5db8:d822"]
        {
            assert_eq!(forbidden(public.parse().unwrap()), None, "{public}");
        }
        assert_eq!(forbidden("::ffff:93.184.216.34".parse().unwrap()), None);
    }
    #[test]
    fn what_is_somebody_s_own_is_never_connected_to() {
        for own in [
            "127.0.0.1",
            "127.255.255.254",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "169.254.170.2",
            "100.64.0.1",
            "100.100.100.200",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "240.0.0.1",
            "198.18.0.1",
            "192.0.0.192",
            "168.63.129.16",
            "203.0.113.9",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2002:a00:1::1",
            "2001::1",
            "2001:db8::1",
            "64:ff9b:1::1",
            "100::1",
            "3fff::1",
            "5f00::1",
            "::ffff:0:127.0.0.1",
            "2002:101:101::1",
            "2001:0:102:304::1",
            "fe80::5efe:a00:1",
        ] {
            assert!(forbidden(own.parse().unwrap()).is_some(), "{own}");
        }
    }
}
