# syntax=docker/dockerfile:1
# One image for the API, the workers and the migrations: docker-compose.yml names which of them runs.

FROM node:20-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund && npm cache clean --force

FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# The embedded PostgreSQL is for development: its install script is not needed to compile.
RUN npm ci --include=dev --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY contracts contracts
COPY workflows workflows
COPY activities activities
COPY services services
COPY api api
COPY workers workers
COPY temporal-config temporal-config
RUN npm run build

FROM node:20-bookworm-slim AS runtime
ENV NODE_ENV=production
WORKDIR /app
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/* \
  && install -d -o node -g node /data
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json ./
COPY migrations migrations
# What is read at run time and not compiled: the review page and the sample data.
COPY api/page api/page
COPY services/sample services/sample
USER node
VOLUME /data
EXPOSE 3000
CMD ["node", "--enable-source-maps", "dist/api/main.js"]
