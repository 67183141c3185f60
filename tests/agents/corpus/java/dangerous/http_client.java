import java.net.URI;
import java.net.http.*;

public class Main {
    public static void main(String[] args) throws Exception {
        HttpClient c = HttpClient.newHttpClient();
        c.send(HttpRequest.newBuilder(URI.create("http://example.com")).build(), HttpResponse.BodyHandlers.ofString());
    }
}
