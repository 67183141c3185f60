

public class Main {
    public static void main(String[] args) throws Exception {
        Runtime r = Runtime.getRuntime();
        r.exec(new String[] {"id"});
    }
}
