use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Which addresses guests reach.
///
/// Never link-local ones, and never those where clouds tell a machine its credentials.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// Those of the internet, and no others: not this machine, and no private network.
    #[default]
    Internet,
    /// Private networks and this machine, too.
    PrivateToo,
}

impl Reach {
    pub(super) fn allows(self, address: IpAddr) -> bool {
        let address = plain(address);
        match self {
            Self::Internet => !is_never_allowed(address) && !is_private(address),
            Self::PrivateToo => !is_never_allowed(address),
        }
    }
}

/// The IPv4 address that an IPv6 address stands for, when it stands for one.
fn plain(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    let [a, b, c, d, e, f, g, h] = v6.segments();
    let low = [g, h];
    let embedded = match (a, b, c, d, e, f) {
        // Mapped, translated by NAT64, and the deprecated compatible form.
        (0, 0, 0, 0, 0, 0xffff) | (0x64, 0xff9b, 0, 0, 0, 0) => Some(low),
        (0, 0, 0, 0, 0, 0) if g != 0 => Some(low),
        // 6to4.
        (0x2002, b, c, _, _, _) => Some([b, c]),
        _ => None,
    };
    embedded.map_or(address, |[high, low]| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        IpAddr::V4(Ipv4Addr::new(a, b, c, d))
    })
}

fn is_never_allowed(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            v4.is_link_local()
                || v4.is_multicast()
                || v4.is_broadcast()
                || v4.octets().starts_with(&[0])
                || METADATA_V4.contains(&v4)
        }
        IpAddr::V6(v6) => {
            v6.is_unicast_link_local()
                || v6.is_multicast()
                || v6.is_unspecified()
                || METADATA_V6.contains(&v6)
        }
    }
}

/// Where clouds answer besides 169.254.169.254.
const METADATA_V4: [Ipv4Addr; 3] = [
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(168, 63, 129, 16),
    Ipv4Addr::new(192, 0, 0, 192),
];
const METADATA_V6: [Ipv6Addr; 2] = [
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),
];

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            let is_shared = a == 100 && (64..128).contains(&b);
            let is_special = (a, b, c) == (192, 0, 0) || a >= 240;
            let is_benchmark = a == 198 && (18..20).contains(&b);
            v4.is_loopback() || v4.is_private() || is_shared || is_special || is_benchmark
        }
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(reach: Reach, address: &str) -> bool {
        reach.allows(address.parse().expect("an address"))
    }

    #[test]
    fn link_local_and_metadata_addresses_are_never_reached_in_any_spelling() {
        for address in [
            "169.254.169.254",
            "169.254.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "100.100.100.200",
            "168.63.129.16",
            "::",
            "fe80::1",
            "ff02::1",
            "fd00:ec2::254",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "2002:a9fe:a9fe::1",
            "::a9fe:a9fe",
        ] {
            assert!(!allowed(Reach::PrivateToo, address), "{address}");
            assert!(!allowed(Reach::Internet, address), "{address}");
        }
    }

    #[test]
    fn private_addresses_are_reached_only_where_that_is_wanted() {
        for address in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "::1",
            "fd12::1",
            "::ffff:10.0.0.1",
        ] {
            assert!(allowed(Reach::PrivateToo, address), "{address}");
            assert!(!allowed(Reach::Internet, address), "{address}");
        }
        for address in ["1.1.1.1", "2606:4700::1111"] {
            assert!(allowed(Reach::Internet, address), "{address}");
        }
    }
}
