

public class Main {
    public static void main(String[] args) throws Exception {
        StringBuilder b = new StringBuilder("abc");
        b.delete(0, 1).append("d").reverse();
        System.out.println(b.toString().replace("a", "b"));
    }
}
