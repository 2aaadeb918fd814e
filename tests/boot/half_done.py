"""A set of files as a power cut between two renames leaves it."""


def leave_half_done(guest, certificate, spoil, stop):
    """The certificate is renewed while `spoil` makes its command fail, so that the journal stays; `stop` ends the agent. Then
    the new key is put back into its temporary file, and the old one into its place."""
    key, journal = certificate.path("private_key"), certificate.path("certificate")
    journal = journal.with_name(f".{journal.name}.wcp-journal")
    certificate.renew()
    guest.must(f"cp -p {key} /run/old.key && {spoil} && wcp-tiny refresh")
    guest.log.wait_for(f"Error refreshing certificate {certificate.arn}")
    guest.must(stop)
    guest.must(f"generation=$(sed -n 's/^generation //p' {journal}) && "
               f"cp -p {key} {key.parent}/.{key.name}.$generation.wcp-new && cp -p /run/old.key {key} && rm /run/old.key && sync")
