using System.Reflection;
using System.Runtime.CompilerServices;

namespace Orleans.Local.Tests;

/// <summary>Writes the public members of a type as lines of C#, in the form of <see cref="TranscribedApi"/>.</summary>
internal static class CSharpText
{
    const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    internal static string Header(Type type)
    {
        string kind = type.IsInterface ? "interface" : type.IsValueType ? "struct"
            : type is { IsAbstract: true, IsSealed: true } ? "static class" : type.IsAbstract ? "abstract class"
            : type.IsSealed ? "sealed class" : "class";
        return $"public {kind} {Name(type)}";
    }

    internal static IEnumerable<string> BaseTypes(Type type) =>
        type.GetInterfaces().Append(type.BaseType).OfType<Type>()
            .Where(known => known != typeof(object) && known != typeof(ValueType)).Select(Name);

    internal static IEnumerable<string> Members(Type type) =>
    [
        .. type.GetConstructors(Declared).Where(IsVisible)
            .Select(constructor => $"{Access(constructor)}{type.Name.Split('`')[0]}({Parameters(constructor)})"),
        .. type.GetProperties(Declared).Where(property => IsVisible(property.GetMethod!))
            .Select(property => $"{Access(property.GetMethod!)}{Name(property.PropertyType)} {property.Name} "
                + (property.SetMethod is { IsPublic: true } ? "{ get; set; }" : "{ get; }")),
        .. type.GetMethods(Declared).Where(method => IsVisible(method) && !method.IsSpecialName).Select(Method),
    ];

    static string Method(MethodInfo method)
    {
        string generic = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(Name))}>" : "";
        bool isVirtual = method is { IsVirtual: true, IsFinal: false } && !method.DeclaringType!.IsInterface;
        bool isExtension = method.IsDefined(typeof(ExtensionAttribute));
        string constraints = string.Concat(method.GetGenericArguments()
            .Where(argument => argument.GetGenericParameterConstraints().Length > 0)
            .Select(argument => $" where {argument.Name} : {string.Join(", ", argument.GetGenericParameterConstraints().Select(Name))}"));
        string modifier = method.IsStatic ? "static " : isVirtual ? "virtual " : "";
        return $"{Access(method)}{modifier}{Name(method.ReturnType)} {method.Name}{generic}"
            + $"({(isExtension ? "this " : "")}{Parameters(method)}){constraints}";
    }

    static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(parameter =>
        $"{Name(parameter.ParameterType)} {parameter.Name}{(parameter.IsOptional ? $" = {parameter.RawDefaultValue ?? "null"}" : "")}"));

    static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    static string Access(MethodBase method) => method.IsPublic ? "" : "protected ";

    static string Name(Type type) => type switch
    {
        { IsGenericType: true } => $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>",
        _ when type == typeof(void) => "void",
        _ when type == typeof(string) => "string",
        _ when type == typeof(bool) => "bool",
        _ when type == typeof(int) => "int",
        _ when type == typeof(long) => "long",
        _ when type == typeof(object) => "object",
        _ => type.Name,
    };
}
