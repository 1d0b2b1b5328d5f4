# syntax=docker/dockerfile:1
# The service as a container; docs/operate.md says how to run it.
# docker build --build-arg AGENTS="@anthropic-ai/claude-code@2.1.330 @openai/codex@0.157.1" --tag palingenesis .
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --include=dev --include=optional --include=peer
COPY tsconfig.json tsconfig.build.json nest-cli.json ./
COPY scripts/setup.mjs scripts/
COPY src src
RUN npm run build
# What runs needs no compiler, not even as an optional one, and the Node it runs on is that of the image.
RUN npm prune --omit=dev && rm -rf node_modules/node-linux-* node_modules/typescript node_modules/.cache

FROM ${NODE_IMAGE} AS runtime
# tini passes signals on and buries what agents leave behind; git and the certificates are what agents work with.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates git tini \
  && rm -rf /var/lib/apt/lists/*
# Agents to bring along: packages of the npm registry with their versions, separated by blanks.
ARG AGENTS=""
RUN if [ -n "$AGENTS" ]; then npm install --global --no-audit --no-fund $AGENTS && rm -rf /root/.npm; fi

WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY bin bin
COPY config config
COPY deploy/container deploy/container
# A volume begins as what lies below its path, owner and mode included.
RUN ln -s /app/bin/palingenesis.mjs /usr/local/bin/palingenesis \
  && install -d -o node -g node -m 0700 /var/lib/palingenesis /work \
  && install -d -o node -g node /home/node/.claude /home/node/.codex /home/node/.gemini \
    /home/node/.local /home/node/.local/share /home/node/.local/share/opencode

# Published ports lead to all addresses of the container only; from there on a token is needed.
ENV NODE_ENV=production \
  HOME=/home/node \
  DISABLE_AUTOUPDATER=1 \
  PALINGENESIS_HTTP__HOST=0.0.0.0 \
  PALINGENESIS_STATE__DIR=/var/lib/palingenesis
USER node
VOLUME ["/var/lib/palingenesis"]
EXPOSE 7654
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 CMD ["node", "/app/deploy/container/ready.mjs"]
# What follows the name of the image is a flag, such as --resume.enabled=false.
ENTRYPOINT ["/usr/bin/tini", "--", "node", "--max-semi-space-size=2", "--enable-source-maps", "/app/dist/main.js"]
