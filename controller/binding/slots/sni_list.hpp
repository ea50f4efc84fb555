#pragma once

#include "binding/slots/competition.hpp"

#include <vector>

// What the SNI list of a listener holds afterwards.
//
// Flow
//   Of what is in the list now stays what is foreign, what a binding wants, what a rotation waits with, and
//   what a peer has to take off. The certificates of winners that are not there yet are added.
// Guarantees
//   - Foreign refs stay, byte for byte, and so does the spelling of ours (ownership).
//   - A dead ref of ours does not stay (readable-before-write).
// Assumptions
//   - The contenders are those of compete(), and each knows whether it is placed.
// Caveats
//   - What has to go, but cannot go in this PUT, is apart, because it is no certificate that the listener is
//     left with.
namespace binding {

struct sni_list
{
    std::vector<cloud::container_ref> refs;
    // On the listener only because it cannot be removed now, or its removal cannot be committed.
    std::vector<cloud::container_ref> going_later;
};

sni_list sni_afterwards(const assignment_input& input, const std::vector<contender>& contenders);

}  // namespace binding
