

public class Main {
    public static void main(String[] args) throws Exception {
        System.load("/tmp/x.so");
    }
}
