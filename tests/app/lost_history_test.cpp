#include "app/lost_history.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

TEST(event_of_lost_history, is_about_the_watched_namespace)
{
    const auto event = app::event_of_lost_history("shop");
    EXPECT_EQ(event.regarding.kind, "Namespace");
    EXPECT_EQ(event.regarding.name, "shop");
    EXPECT_EQ(event.regarding.name_space, "shop");
    EXPECT_TRUE(event.warning);
    EXPECT_EQ(event.reason, "HistoryLost");
    EXPECT_LE(event.note.size(), 1024U);
}

TEST(event_of_lost_history, is_about_the_definition_where_all_namespaces_are_watched)
{
    const auto event = app::event_of_lost_history("");
    EXPECT_EQ(event.regarding.kind, "CustomResourceDefinition");
    EXPECT_EQ(event.regarding.name, "certificatebindings.certificates.bycloud.io");
    EXPECT_EQ(event.regarding.name_space, "default") << "where Events of objects without a namespace live";
}

}  // namespace
