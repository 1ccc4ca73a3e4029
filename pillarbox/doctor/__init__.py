"""What `pillarbox doctor` looks at: an installation as its settings describe it, from this machine.

1. Each check has a deadline of its own, and one that hangs or fails hides no other.
2. Every finding is one line: what was seen, and what to do unless it is well.
3. Nothing is changed, no mail is sent, and no secret is ever in a finding.
"""
