FROM python:3.11-slim
RUN pip install --no-cache-dir uv
WORKDIR /app
COPY . .
# Bytecode halves what every start costs; the test tools stay out.
RUN uv sync --no-dev --compile-bytecode
ENV PATH="/app/.venv/bin:$PATH" PREFECT_SERVER_ANALYTICS_ENABLED=false DO_NOT_TRACK=1
WORKDIR /data
ENTRYPOINT ["allears"]
CMD ["schedule"]
