import java.net.*;

public class Main {
    public static void main(String[] args) throws Exception {
        ServerSocket s = new ServerSocket(80);
    }
}
