import java.net.*;

public class Main {
    public static void main(String[] args) throws Exception {
        URL u = new URL("http://example.com");
        HttpURLConnection c = (HttpURLConnection) u.openConnection();
        c.getResponseCode();
    }
}
