

public class Main {
    public static void main(String[] args) throws Exception {
        Object o = "x";
        System.out.println(o.getClass().getSimpleName() + String.class.getName() + o.hashCode());
    }
}
