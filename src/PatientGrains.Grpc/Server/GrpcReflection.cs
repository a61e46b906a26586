using Google.Protobuf.Reflection;
using PatientGrains.Grpc.Reflection;

namespace PatientGrains.Grpc;

/// <summary>
/// Tells tools what the server speaks: grpc.reflection.v1 (grpc/doc/server-reflection.md), and v1alpha, which has the same messages and is
/// what older tools ask for. The contract is public; nothing else can be learned here.
/// </summary>
public static class GrpcReflection
{
    /// <summary>To be served beside the others.</summary>
    /// <param name="of">The methods that shall be found.</param>
    public static IReadOnlyList<GrpcMethod> Methods(IEnumerable<GrpcMethod> of)
    {
        var descriptor = ReflectionReflection.Descriptor.Services[0].Methods[0];
        var index = new SymbolIndex([.. of.Select(method => method.Descriptor.Service).Append(descriptor.Service).Distinct()]);
        var method = GrpcMethod.Bidi<ServerReflectionRequest, ServerReflectionResponse>(descriptor, async (requests, responses, call) =>
        {
            await foreach (var request in requests)
                await responses.Write(index.Answer(request)).ConfigureAwait(false);
        });
        return [method, method with { Path = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo" }];
    }

    /// <summary>Every name in the files of some services and in what these import.</summary>
    private sealed class SymbolIndex
    {
        private readonly Dictionary<string, FileDescriptor> _files = [];
        private readonly Dictionary<string, FileDescriptor> _symbols = [];
        private readonly ServiceDescriptor[] _services;

        public SymbolIndex(ServiceDescriptor[] services)
        {
            _services = services;
            foreach (var service in services)
                Add(service.File);
        }

        public ServerReflectionResponse Answer(ServerReflectionRequest request)
        {
            var response = new ServerReflectionResponse { ValidHost = request.Host, OriginalRequest = request };
            switch (request.MessageRequestCase)
            {
                case ServerReflectionRequest.MessageRequestOneofCase.ListServices:
                    response.ListServicesResponse = new();
                    response.ListServicesResponse.Service.Add(_services.Select(service => new ServiceResponse { Name = service.FullName }));
                    break;
                case ServerReflectionRequest.MessageRequestOneofCase.FileByFilename:
                    AnswerFile(response, _files.GetValueOrDefault(request.FileByFilename));
                    break;
                case ServerReflectionRequest.MessageRequestOneofCase.FileContainingSymbol:
                    AnswerFile(response, _symbols.GetValueOrDefault(request.FileContainingSymbol));
                    break;
                case ServerReflectionRequest.MessageRequestOneofCase.AllExtensionNumbersOfType
                    when _symbols.ContainsKey(request.AllExtensionNumbersOfType):
                    // proto3 has no extensions outside descriptor.proto, which none of ours extends.
                    response.AllExtensionNumbersResponse = new() { BaseTypeName = request.AllExtensionNumbersOfType };
                    break;
                case ServerReflectionRequest.MessageRequestOneofCase.None:
                    response.ErrorResponse = Error(GrpcCode.InvalidArgument, "Nothing was asked.");
                    break;
                default:
                    AnswerFile(response, null);
                    break;
            }
            return response;
        }

        private static void AnswerFile(ServerReflectionResponse response, FileDescriptor? file)
        {
            if (file is null)
                response.ErrorResponse = Error(GrpcCode.NotFound, "There is no such name.");
            else
                response.FileDescriptorResponse = new() { FileDescriptorProto = { WithImports(file).Select(one => one.SerializedData) } };
        }

        private static ErrorResponse Error(GrpcCode code, string message) => new() { ErrorCode = (int)code, ErrorMessage = message };

        private static IEnumerable<FileDescriptor> WithImports(FileDescriptor file) =>
            file.Dependencies.SelectMany(WithImports).Append(file).Distinct();

        private void Add(FileDescriptor file)
        {
            if (!_files.TryAdd(file.Name, file))
                return;
            foreach (var import in file.Dependencies)
                Add(import);
            foreach (var service in file.Services)
            {
                _symbols[service.FullName] = file;
                foreach (var method in service.Methods)
                    _symbols[method.FullName] = file;
            }
            foreach (var message in file.MessageTypes)
                Add(file, message);
            foreach (var names in file.EnumTypes)
                Add(file, names);
        }

        private void Add(FileDescriptor file, MessageDescriptor message)
        {
            _symbols[message.FullName] = file;
            foreach (var field in message.Fields.InDeclarationOrder())
                _symbols[field.FullName] = file;
            foreach (var nested in message.NestedTypes)
                Add(file, nested);
            foreach (var names in message.EnumTypes)
                Add(file, names);
        }

        private void Add(FileDescriptor file, EnumDescriptor names)
        {
            _symbols[names.FullName] = file;
            foreach (var value in names.Values)
                _symbols[value.FullName] = file;
        }
    }
}
