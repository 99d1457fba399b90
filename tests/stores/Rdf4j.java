import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import org.eclipse.rdf4j.model.Resource;
import org.eclipse.rdf4j.model.impl.SimpleValueFactory;
import org.eclipse.rdf4j.query.BooleanQuery;
import org.eclipse.rdf4j.query.GraphQuery;
import org.eclipse.rdf4j.query.MalformedQueryException;
import org.eclipse.rdf4j.query.Query;
import org.eclipse.rdf4j.query.TupleQuery;
import org.eclipse.rdf4j.query.impl.SimpleDataset;
import org.eclipse.rdf4j.query.resultio.sparqljson.SPARQLBooleanJSONWriter;
import org.eclipse.rdf4j.query.resultio.sparqljson.SPARQLResultsJSONWriter;
import org.eclipse.rdf4j.repository.RepositoryConnection;
import org.eclipse.rdf4j.repository.sail.SailRepository;
import org.eclipse.rdf4j.rio.RDFFormat;
import org.eclipse.rdf4j.rio.Rio;
import org.eclipse.rdf4j.sail.nativerdf.NativeStore;

/**
 * RDF4J's native store under the addresses of RDF4J Server: java Rdf4j.java PORT FOLDER.
 *
 * <p>It stands in for RDF4J Server 5, so that its engine can be tried where Maven Central's mirror has no WAR of it. Queries,
 * updates and the graph store, each request a transaction; no users, no other repositories, JSON and N-Triples alone.
 */
public class Rdf4j {
    private static final String BASE = "/rdf4j-server/repositories/gbakg";
    private static SailRepository repository;

    /** What is answered: a status, a media type and a body. */
    private record Answer(int status, String kind, byte[] body) {
        static Answer text(int status, String words) {
            return new Answer(status, "text/plain", words.getBytes(StandardCharsets.UTF_8));
        }
    }

    public static void main(String[] arguments) throws IOException {
        repository = new SailRepository(new NativeStore(new File(arguments[1]), "spoc,posc,ospc"));
        var server = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])), 0);
        server.createContext("/", Rdf4j::handle);
        server.setExecutor(Executors.newFixedThreadPool(8));
        Runtime.getRuntime().addShutdownHook(new Thread(repository::shutDown));
        server.start();
    }

    private static void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            var answer = answer(exchange);
            exchange.getResponseHeaders().set("Content-Type", answer.kind);
            var head = exchange.getRequestMethod().equals("HEAD");
            exchange.sendResponseHeaders(answer.status, head || answer.body.length == 0 ? -1 : answer.body.length);
            if (!head) {
                exchange.getResponseBody().write(answer.body);
            }
        }
    }

    private static Answer answer(HttpExchange exchange) throws IOException {
        var path = exchange.getRequestURI().getPath();
        var fields = fields(exchange.getRequestURI().getRawQuery());
        var body = exchange.getRequestBody().readAllBytes();
        try (var connection = repository.getConnection()) {
            switch (path.startsWith(BASE) ? path.substring(BASE.length()) : path) {
                case "/rdf4j-server/protocol":
                    return Answer.text(200, "12");
                case "/rdf-graphs/service":
                    return graph(connection, exchange.getRequestMethod(), fields, body);
                case "":
                    fields.putAll(fields(new String(body, StandardCharsets.UTF_8)));
                    return query(connection, fields);
                case "/statements":
                    fields.putAll(fields(new String(body, StandardCharsets.UTF_8)));
                    connection.begin();
                    connection.prepareUpdate(fields.get("update")).execute();
                    connection.commit();
                    return new Answer(204, "text/plain", new byte[0]);
                default:
                    return Answer.text(404, "nothing is at " + path);
            }
        } catch (MalformedQueryException error) {
            return Answer.text(400, "MALFORMED QUERY: " + error.getMessage());
        } catch (RuntimeException error) {
            error.printStackTrace();
            return Answer.text(500, error.toString());
        }
    }

    private static Answer query(RepositoryConnection connection, Map<String, String> fields) throws IOException {
        var found = new ByteArrayOutputStream();
        Query query = connection.prepareQuery(fields.get("query"));
        if (fields.containsKey("default-graph-uri")) {
            var dataset = new SimpleDataset();
            dataset.addDefaultGraph(SimpleValueFactory.getInstance().createIRI(fields.get("default-graph-uri")));
            query.setDataset(dataset);
        }
        if (query instanceof GraphQuery graph) {
            graph.evaluate(Rio.createWriter(RDFFormat.NTRIPLES, found));
            return new Answer(200, "application/n-triples", found.toByteArray());
        }
        if (query instanceof TupleQuery tuples) {
            tuples.evaluate(new SPARQLResultsJSONWriter(found));
        } else {
            new SPARQLBooleanJSONWriter(found).handleBoolean(((BooleanQuery) query).evaluate());
        }
        return new Answer(200, "application/sparql-results+json", found.toByteArray());
    }

    private static Answer graph(
            RepositoryConnection connection, String method, Map<String, String> fields, byte[] body) throws IOException {
        Resource name = fields.containsKey("default")
                ? null
                : SimpleValueFactory.getInstance().createIRI(fields.get("graph"));
        if (method.equals("GET") || method.equals("HEAD")) {
            var found = new ByteArrayOutputStream();
            connection.export(Rio.createWriter(RDFFormat.NTRIPLES, found), name);
            return new Answer(200, "application/n-triples", found.toByteArray());
        }
        connection.begin();
        if (!method.equals("POST")) {
            connection.clear(name);
        }
        if (!method.equals("DELETE")) {
            connection.add(new ByteArrayInputStream(body), RDFFormat.NTRIPLES, name);
        }
        connection.commit();
        return new Answer(204, "text/plain", new byte[0]);
    }

    private static Map<String, String> fields(String form) {
        var found = new HashMap<String, String>();
        for (String pair : form == null ? new String[0] : form.split("&")) {
            var parts = pair.split("=", 2);
            found.put(decoded(parts[0]), parts.length > 1 ? decoded(parts[1]) : "");
        }
        return found;
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }
}
