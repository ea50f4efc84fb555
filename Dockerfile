# The image of the controller: make build, then docker build --tag REGISTRY/certificate-binding-controller:0.1.0 .
# The tests compare this file with the program, and do not build the image.
FROM debian:12-slim
RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates libboost-url1.81.0 \
    libprometheus-cpp-core1.0 libsimdjson14 libspdlog1.10 libssl3 libyaml-cpp0.7 && rm -rf /var/lib/apt/lists/*
COPY build/release/certificate-binding-controller /
USER 65532
ENTRYPOINT ["/certificate-binding-controller"]
