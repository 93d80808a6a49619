// SPDX-License-Identifier: Apache-2.0
// C++17: owners for the library's handles, and an exception for its errors. Copy what you need.
// Runs on a bus in memory when NEXUS_URL is not set.
#include <nexus/nexus.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <stdexcept>

namespace nexus
{
struct error : std::runtime_error {
    explicit error(const nexus_error &e)
        : std::runtime_error(std::string(nexus_status_name(e.code)) + ": " + e.where + ": " +
                             e.message),
          code(e.code)
    {
    }
    int code;
};

// For every call whose last argument is an error: check([&](auto *err) { return nexus_…(…, err);
// });
template <typename Call> int check(Call call)
{
    nexus_error err = NEXUS_ERROR_INIT;
    int status = call(&err);
    if (status < 0)
        throw error(err);
    return status;
}

template <auto destroy> struct deleter {
    template <typename T> void operator()(T *object) const
    {
        destroy(object);
    }
};
using options = std::unique_ptr<nexus_client_options, deleter<nexus_client_options_destroy>>;
using client = std::unique_ptr<nexus_client, deleter<nexus_client_destroy>>;
using subscription = std::unique_ptr<nexus_subscription, deleter<nexus_subscription_destroy>>;
} // namespace nexus

// No exception may leave a callback: there is C above it.
static nexus_verdict on_reading(const nexus_iot_sensor_data *event, nexus_delivery *delivery,
                                void *client)
{
    std::cout << nexus_delivery_tenant(delivery) << ' ' << event->sensor_id << ' ' << event->value
              << '\n';
    nexus_client_stop(static_cast<nexus_client *>(client));
    return NEXUS_ACK;
}

int main()
try {
    const char *url = std::getenv("NEXUS_URL");
    nexus::options options(nexus_client_options_new());
    nexus_client *raw = nullptr;
    nexus_subscription *raw_subscription = nullptr;
    nexus_iot_sensor_data event = NEXUS_IOT_SENSOR_DATA_INIT;

    nexus::check([&](auto *e) {
        return nexus_client_options_set_url(options.get(), url ? url : "memory:", e);
    });
    nexus::check([&](auto *e) { return nexus_client_new(options.get(), &raw, e); });
    nexus::client client(raw);
    nexus::check([&](auto *e) { return nexus_provision(raw, nullptr, nullptr, e); });
    event.sensor_id = "temp-1", event.metric = "temperature", event.value = 4.25;
    nexus::check([&](auto *e) {
        return nexus_publish_iot_sensor_data(raw, "farm-004", &event, nullptr, nullptr, e);
    });
    nexus::check([&](auto *e) {
        return nexus_subscribe_iot_sensor_data(raw, nullptr, on_reading, raw, nullptr,
                                               &raw_subscription, e);
    });
    nexus::subscription subscription(raw_subscription); // gone before its client
    nexus::check([&](auto *e) { return nexus_client_run(raw, e); });
} catch (const nexus::error &e) {
    std::cerr << e.what() << '\n';
    return 1;
}
