# Fixpoint runs as it is written: no build, Node takes the TypeScript. There is no Redis in this image: name one with --redis or store: in fixpoint.yaml.
FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No package of ours needs its install script; the optional one is Node itself, for clones.
RUN ["npm", "ci", "--omit=dev", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund"]

FROM node:24-slim
LABEL org.opencontainers.image.title="Fixpoint" \
      org.opencontainers.image.description="Receives alerts from Alertmanager, runs guarded remediations, verifies that they helped, and calls a person when they did not." \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production \
    NODE_COMPILE_CACHE=/app/.compile-cache \
    FIXPOINT_LISTEN=0.0.0.0:8080 \
    FIXPOINT_DATA=/data
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json ./
COPY src ./src
COPY rules ./rules
COPY remediations ./remediations
RUN ["install", "-d", "-o", "node", "-g", "node", "/data", "/app/.compile-cache"]
USER node
# The cache is per user, and cannot be written once the root file system is read-only: it is filled here, by who will read it.
RUN ["node", "--input-type=module", "--eval", "await import('/app/src/cli/catalogue.ts'); await import('/app/src/app/service.ts'); await import('@kubernetes/client-node')"]
VOLUME /data
EXPOSE 8080
# Node is process 1 and handles SIGTERM itself: no shell stands between.
ENTRYPOINT ["node", "/app/src/main.ts"]
CMD ["serve"]
HEALTHCHECK --interval=10s --timeout=5s --start-period=15s CMD ["node", "--eval", "fetch('http://127.0.0.1:8080/-/healthy').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
