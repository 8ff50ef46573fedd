# Builds the archive of docs/installing.md and puts it into an image without anything else.
#   docker build -t drprune . && docker run --rm -v "$PWD:/work" -w /work drprune demo
FROM maven:3-eclipse-temurin-25 AS build
WORKDIR /src
COPY . .
RUN mvn -q -B -Pdist -Dmaven.test.skip=true -pl cli -am package \
 && mkdir /opt/drprune \
 && tar -xzf cli/target/drprune-*-linux-x86_64.tar.gz -C /opt/drprune --strip-components=1

FROM debian:stable-slim
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends libgomp1 \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/drprune /opt/drprune
ENV PATH=/opt/drprune/bin:$PATH LC_ALL=C.UTF-8
ENTRYPOINT ["drprune"]
