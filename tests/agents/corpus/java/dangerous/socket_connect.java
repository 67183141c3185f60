import java.net.Socket;

public class Main {
    public static void main(String[] args) throws Exception {
        new Socket("example.com", 80).close();
    }
}
