using System.Globalization;
using System.Text;
using Google.Protobuf.Reflection;

namespace PatientGrains.Grpc.Tests.Contract;

/// <summary>A descriptor as text that a reviewer can read: everything that a client depends on, nothing else.</summary>
internal static class DescriptorText
{
    public static string Of(IEnumerable<FileDescriptor> files)
    {
        var text = new StringBuilder();
        foreach (var file in files)
        {
            text.Append(CultureInfo.InvariantCulture, $"file {file.Name} package {file.Package}\n");
            foreach (var service in file.Services)
                Write(text, service);
            foreach (var message in file.MessageTypes)
                Write(text, message);
            foreach (var names in file.EnumTypes)
                Write(text, names);
        }
        return text.ToString();
    }

    private static void Write(StringBuilder text, ServiceDescriptor service)
    {
        text.Append(CultureInfo.InvariantCulture, $"\nservice {service.FullName}\n");
        foreach (var method in service.Methods)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {method.Name}({Flow(method.IsClientStreaming)}{method.InputType.FullName})");
            text.Append(CultureInfo.InvariantCulture, $" -> {Flow(method.IsServerStreaming)}{method.OutputType.FullName}\n");
        }
    }

    private static string Flow(bool streams) => streams ? "stream " : "";

    private static void Write(StringBuilder text, MessageDescriptor message)
    {
        if (message.GetOptions()?.MapEntry ?? false)
            return;
        text.Append(CultureInfo.InvariantCulture, $"\nmessage {message.FullName}\n");
        foreach (var field in message.Fields.InFieldNumberOrder())
        {
            text.Append(CultureInfo.InvariantCulture, $"  {field.FieldNumber} {field.Name} {Label(field)}{Type(field)}");
            text.Append(field.RealContainingOneof is { } choice ? $" oneof {choice.Name}\n" : "\n");
        }
        foreach (var nested in message.NestedTypes)
            Write(text, nested);
        foreach (var names in message.EnumTypes)
            Write(text, names);
    }

    private static void Write(StringBuilder text, EnumDescriptor names)
    {
        text.Append(CultureInfo.InvariantCulture, $"\nenum {names.FullName}\n");
        foreach (var value in names.Values)
            text.Append(CultureInfo.InvariantCulture, $"  {value.Number} {value.Name}\n");
    }

    private static string Label(FieldDescriptor field) =>
        field.IsMap ? "" : field.IsRepeated ? "repeated " : field.HasPresence && field.FieldType != FieldType.Message ? "optional " : "";

    private static string Type(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Message when field.IsMap =>
            $"map<{Type(field.MessageType.FindFieldByNumber(1))}, {Type(field.MessageType.FindFieldByNumber(2))}>",
        FieldType.Message => field.MessageType.FullName,
        FieldType.Enum => field.EnumType.FullName,
        var scalar => scalar.ToString().ToLowerInvariant(),
    };
}
