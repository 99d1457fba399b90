"""Real triple stores to try gbakg on: Fuseki, RDF4J Server, Virtuoso and the Oxigraph server.  See docs/servers.md."""
