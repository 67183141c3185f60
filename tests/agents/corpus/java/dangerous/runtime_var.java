

public class Main {
    public static void main(String[] args) throws Exception {
        var r = java.lang.Runtime.getRuntime();
        r.exec("id");
    }
}
