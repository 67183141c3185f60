

public class Main {
    public static void main(String[] args) throws Exception {
        new java.io.FileOutputStream("a.txt").write(1);
    }
}
