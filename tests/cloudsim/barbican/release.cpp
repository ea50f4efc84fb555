#include "cloudsim/barbican/release.hpp"

#include <map>
#include <stdexcept>

namespace cloudsim {

namespace {

// Until Train (9.0.0).
const barbican_words castles = {
    .no_secret = "Not Found. Sorry but your secret is in another castle.",
    .no_container = "Not Found. Sorry but your container is in another castle."
};

// Since Ussuri (10.0.0).
const barbican_words plain = {
    .no_secret = "Secret not found.", .no_container = "Secrets container not found."
};

const std::map<std::string, const barbican_words*> releases = {
    {"queens", &castles},
    {"rocky", &castles},
    {"stein", &castles},
    {"train", &castles},
    {"ussuri", &plain},
    {"victoria", &plain},
    {"wallaby", &plain},
    {"xena", &plain},
    {"yoga", &plain},
    {"zed", &plain},
    {"2023.1", &plain},
    {"2023.2", &plain},
    {"2024.1", &plain},
    {"2024.2", &plain},
    {"2025.1", &plain},
    {"2025.2", &plain},
    {"2026.1", &plain},
    {"today", &plain},
};

}  // namespace

barbican_words words_of(const std::string& release)
{
    const auto known = releases.find(release);
    if (known == releases.end())
    {
        std::string names;
        for (const auto& [name, words] : releases)
        {
            names += (names.empty() ? "" : ", ") + name;
        }
        throw std::invalid_argument("unknown release of Barbican: " + release + " (known: " + names + ")");
    }
    return *known->second;
}

}  // namespace cloudsim
