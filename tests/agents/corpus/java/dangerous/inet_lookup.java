import java.net.InetAddress;

public class Main {
    public static void main(String[] args) throws Exception {
        InetAddress.getByName("example.com");
    }
}
