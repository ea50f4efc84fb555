#pragma once

#include <string>

// The words of Barbican's releases, as far as they differ.
namespace cloudsim {

struct barbican_words
{
    std::string no_secret;
    std::string no_container;
};

// The words of the release, which is named as OpenStack names it ("train", "2024.1"), or "today" for the
// newest; throws std::invalid_argument for an unknown name.
barbican_words words_of(const std::string& release);

}  // namespace cloudsim
