"""Unmatched ids -> pairs of them so alike that one may be a typing error of the other.

Nothing is matched here: a person decides (see `peereval.decisions`).

An id that has no match is compared with those of the other occasion that have none either, inside
the same organisation and questionnaire version. Ids that share a key are alike, each kind of
key standing for one kind of error: the id without its third character, the id with look-alikes
made the same, and so on. So the work grows with the number of ids, not with that of their pairs.

How alike says little where ids are dense. If a school numbers its pupils 0001, 0002, 0003, then
0002 at one occasion is one character away from a dozen other pupils at the other. How often that
happens by chance can be seen: two ids that were given at the same occasion are two respondents
for certain. Where more than one in twenty ids of an organisation have such a neighbour, a near
miss of that kind is listed only if nothing known of the two respondents differs, and what agrees
would agree in any of the candidates by chance in fewer than one of ten (a date of birth, say,
but not gender). The other ids are counted. The best candidate of both its ids is suggested, if
nothing speaks against it, and if all that is alike would be so by chance in fewer than one of
a hundred.

Ids with a check character say more. One that fails it is a typing error. One that passes was
issued like that, so two that pass are two respondents however alike: no single error turns one
issued id into another. Where ids have one, two that pass are no near miss, unless they are the
same but for capitals or dashes.
"""

from peereval.near_misses.finding import NearMisses, accepting, find_near_misses

__all__ = ["NearMisses", "accepting", "find_near_misses"]
