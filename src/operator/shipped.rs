//! The operator files that ship inside, by id.

/// Id and text of each; `generic` first, since all others build on it.
pub(super) const SHIPPED: [(&str, &str); 23] = [
    ("generic", include_str!("profiles/generic.toml")),
    ("aws", include_str!("profiles/aws.toml")),
    ("azure-msrc", include_str!("profiles/azure-msrc.toml")),
    ("bt", include_str!("profiles/bt.toml")),
    ("cert-br", include_str!("profiles/cert-br.toml")),
    ("cesnet", include_str!("profiles/cesnet.toml")),
    ("comcast", include_str!("profiles/comcast.toml")),
    ("digitalocean", include_str!("profiles/digitalocean.toml")),
    ("google-cloud", include_str!("profiles/google-cloud.toml")),
    ("hetzner", include_str!("profiles/hetzner.toml")),
    ("janet", include_str!("profiles/janet.toml")),
    ("leaseweb", include_str!("profiles/leaseweb.toml")),
    ("linode", include_str!("profiles/linode.toml")),
    ("netcologne", include_str!("profiles/netcologne.toml")),
    ("niif", include_str!("profiles/niif.toml")),
    ("orange-fr", include_str!("profiles/orange-fr.toml")),
    ("ovh", include_str!("profiles/ovh.toml")),
    ("plusnet", include_str!("profiles/plusnet.toml")),
    ("telekom", include_str!("profiles/telekom.toml")),
    ("telenor-se", include_str!("profiles/telenor-se.toml")),
    ("ungleich", include_str!("profiles/ungleich.toml")),
    ("upcloud", include_str!("profiles/upcloud.toml")),
    ("virgin-media", include_str!("profiles/virgin-media.toml")),
];
