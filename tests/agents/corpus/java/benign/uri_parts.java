import java.net.*;

public class Main {
    public static void main(String[] args) throws Exception {
        System.out.println(URI.create("http://example.com/a").getPath() + URLEncoder.encode("a b", "UTF-8"));
    }
}
